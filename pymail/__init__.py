"""pymail: a mail transfer agent with the shape of Postfix."""
