"""showq(8): the queue listing.

SUMMARY
    showq unix n - n - - showq

DESCRIPTION
    Each client of public/showq gets one attribute list per message of the maildrop, active, incoming, deferred and hold
    queues, and an empty list at the end (`ipc/showq.py`; `mailq` and `postqueue -p` make it readable). Clients send
    nothing. The listing is made while it is read: a slow client costs no memory, and files may come and go meanwhile.

SECURITY
    Runs as mail_owner, reads queue files and logs, writes nothing.

DIAGNOSTICS
    Damaged queue files are logged as warnings, and shown as far as they could be read.

BUGS
    A message that moves to another queue meanwhile may be listed twice, or not at all.
"""
