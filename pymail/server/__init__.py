"""How a daemon lives: skeletons, sessions, status channel, privileges."""
