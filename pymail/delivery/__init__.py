"""The delivery-agent kit: requests, outcome reports, mailboxes."""
