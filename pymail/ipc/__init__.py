"""The contracts between daemons: requests, replies and clients, a module per service."""
