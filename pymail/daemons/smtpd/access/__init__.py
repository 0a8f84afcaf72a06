"""Access control of the SMTP server: restriction lists, access tables, and the engine that evaluates them."""
