"""smtpd - the SMTP server.

SUMMARY
    smtpd [options of a service]
    sendmail -bs

DESCRIPTION
    Takes mail from the network: many sessions in one process. It tells who the client is (name, forward confirmation),
    answers its commands, decides by the access lists who may send what to whom, and passes each message to cleanup as
    it arrives. A message is acknowledged when cleanup has it on disk, not earlier.

    Modules: `session` (socket, time and error limits), `dispatch`, `session_commands`, `mail_commands` (answers),
    `message` (records for cleanup), `access/` (restriction lists and tables), `build` (from main.cf), `standalone`.

    Stand-alone (`sendmail -bs`) it holds one session on standard input and output with the rights of the caller, makes
    no access decisions, and hands the message to postdrop.

STANDARDS
    RFC 5321 (SMTP), RFC 1870 (SIZE), RFC 2034 and 3463 (enhanced status codes), RFC 2920 (PIPELINING), RFC 3030
    (CHUNKING without BINARYMIME), RFC 3461 (DSN), RFC 3848 (names of protocols), RFC 6152 (8BITMIME), RFC 6531
    (SMTPUTF8), RFC 7505 (null MX), RFC 1985 (ETRN).

SECURITY
    Exposed to everybody: it runs without privileges and can run in a chroot. It refuses to start without a restriction
    that keeps it from being an open relay; addresses with a route in them are not taken for local ones. Lines,
    commands, recipients, sizes, errors, silence and what is read ahead are bounded. The end of a message is
    CR LF . CR LF only, except for clients in smtpd_forbid_bare_newline_exclusions.

DIAGNOSTICS
    Each session, message and refusal is a line in the log. A refusal for a fault of ours is a 451 whose reason is in a
    warning.

BUGS
    Not there yet: TLS, SASL, milters, before-queue proxy filters, XCLIENT, XFORWARD, the haproxy protocol, policy
    service, DNS lists, address verification, rates (anvil), reject footers, transcripts to the postmaster. A
    restriction of them answers 451 and says so in the log; a parameter of them is warned of at start.
"""
