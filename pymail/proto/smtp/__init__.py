"""The SMTP server and client state machines (RFC 5321)."""
