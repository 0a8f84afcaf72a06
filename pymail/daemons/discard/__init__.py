"""discard - the delivery agent that throws mail away.

SUMMARY
    discard [daemon options]

DESCRIPTION
    Takes delivery requests and reports each recipient as delivered, with the next hop as the reason, without a delivery
    anywhere. The reason may start with an enhanced status code, else it gets 2.0.0.

STANDARDS
    RFC 3463 (enhanced status codes)

SECURITY
    Needs no privileges, reads no message content, talks only to the services defer and trace. Can run chrooted.

DIAGNOSTICS
    One line per recipient, with relay=none.

BUGS
    None known.
"""
