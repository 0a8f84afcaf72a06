"""Parameters that several programs read, a module per theme."""
