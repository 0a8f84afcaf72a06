"""pickup - takes mail of local users out of the maildrop (service pickup).

SUMMARY
    pickup [daemon options]

DESCRIPTION
    Woken by postdrop and once a minute by the master, scans the maildrop directory, hands each complete file to
    cleanup with a Received: field that names the user, and removes the file when cleanup has the message on disk or
    will never take it. Scans again until a pass removes nothing. Mail that postsuper put back is handed over as it was
    queued.

STANDARDS
    RFC 5322 (Received: field)

SECURITY
    Runs as the mail owner. The maildrop is writable for set-gid postdrop only; what is in it was written by a program
    of ours but is not trusted: record types, sizes, mode and links of each file are checked.

DIAGNOSTICS
    "ID: uid=N from=<sender>" for each message. Unreadable files and refusals of cleanup are warnings.

BUGS
    None known.
"""
