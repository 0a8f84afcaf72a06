"""cleanup - the only way into the queue (service cleanup).

SUMMARY
    cleanup [daemon options]

DESCRIPTION
    Takes messages from smtpd, pickup, local and the daemons that make mail, and writes each into one queue file:
    completes addresses in envelope and header, replaces virtual aliases, drops duplicate recipients, removes and adds
    header fields, counts Received: fields, limits sizes. Answers when the file is on disk, and wakes qmgr. A client
    that hangs up before the end of its message cancels it.

STANDARDS
    RFC 5322 (message format), RFC 3461 (DSN parameters), RFC 6531 (internationalised mail)

SECURITY
    Runs as the mail owner, reads what local users wrote. Talks to no network. Can run chrooted.

DIAGNOSTICS
    message-id= of every message. Refused messages are logged with the reason, removed files as "removed (canceled)" or
    "removed (discarded)". A full disk or a failed sync makes the client come again.

BUGS
    Canonical and masquerade mapping, header and body checks, automatic copies by table, and milters are not there yet.
"""
