"""The SMTP and LMTP client driver and its choice of hosts."""
