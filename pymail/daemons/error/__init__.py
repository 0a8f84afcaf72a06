"""error - the delivery agent that returns or defers mail (services error and retry).

SUMMARY
    error [daemon options]

DESCRIPTION
    Takes delivery requests whose next hop is the reason for a failure, `5.1.3 bad address syntax` say, and reports that
    reason for each recipient. The service named error returns the mail, the service named retry defers it. A reason
    without an enhanced status code gets 5.0.0 or 4.0.0.

STANDARDS
    RFC 3463 (enhanced status codes)

SECURITY
    Needs no privileges, reads no message content, talks only to the services bounce, defer and trace. Can run chrooted.

DIAGNOSTICS
    One line per recipient, with relay=none.

BUGS
    None known.
"""
