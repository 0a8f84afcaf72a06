"""smtp(8), lmtp(8): deliver mail to other hosts.

SUMMARY
    smtp [generic daemon options] [flags=DORX]; the same program is lmtp when it is started under that name.

DESCRIPTION
    Receives delivery requests from the queue manager, many at the same time. Each names a queue file, recipients and a
    next hop: `domain`, `domain:port`, `[host]:port`, `[address]:port`, in LMTP also `unix:path` and `inet:host:port`;
    several next hops may follow each other. The mail exchangers of a domain are tried in the order of preference, then
    the hosts of smtp_fallback_relay. What a server refuses for good is returned to the sender, the rest is tried at the
    next server, and left in the queue after the last one. Connections are used again while there is mail for them.
    LMTP uses the parameters lmtp_* in place of smtp_*.

    flags=: D, O and R put Delivered-To:, X-Original-To: and Return-Path: before the message; X says that the delivery
    is final, so that a success report says "delivered".

STANDARDS
    RFC 5321 (SMTP), RFC 2033 (LMTP), RFC 1870 (SIZE), RFC 2920 (PIPELINING), RFC 3461 (DSN), RFC 3463 (enhanced status
    codes), RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8), RFC 7505 (null MX).

SECURITY
    Talks to hosts and name servers on the network; needs no privilege and can run in a chroot. All input has limits of
    size and time.

DIAGNOSTICS
    One line per recipient; a line without recipient for each server that could not be used while others were left.

BUGS
    A message with 8-bit content is sent as it is to a server without 8BITMIME.
"""
