"""Why a delivery failed: the statuses and reason texts of the SMTP client, in Postfix's words. Pure.

Each function gives a `Dsn`; that of trouble has no action: who reports decides between failed and delayed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pymail.client.peer import Peer
from pymail.mail.dsn import Dsn, split_status, with_class
from pymail.proto.smtp.client import Verb
from pymail.proto.smtp.reply import Reply
from pymail.util.text import cut, printable

#: What was going on when a connection broke or the time was over.
ACTIVITY: Final = {
    Verb.CONNECT: "receiving the initial server greeting",
    Verb.EHLO: "performing the EHLO handshake",
    Verb.HELO: "performing the HELO handshake",
    Verb.LHLO: "performing the LHLO handshake",
    Verb.STARTTLS: "receiving the STARTTLS response",
    Verb.XFORWARD: "sending XFORWARD name/address",
    Verb.MAIL: "sending MAIL FROM",
    Verb.RCPT: "sending RCPT TO",
    Verb.DATA: "sending DATA command",
    Verb.END_OF_DATA: "sending end of data -- message may be sent more than once",
    Verb.RSET: "sending RSET probe",
    Verb.QUIT: "sending QUIT",
}
ACTIVITY_CONTENT: Final = "sending message body"
ACTIVITY_FINAL_RSET: Final = "sending final RSET"

#: "in reply to ..."
IN_REPLY: Final = {
    Verb.XFORWARD: "XFORWARD name/address command",
    Verb.MAIL: "MAIL FROM command",
    Verb.RCPT: "RCPT TO command",
    Verb.DATA: "DATA command",
    Verb.END_OF_DATA: "end of DATA command",
    Verb.RSET: "RSET probe",
    Verb.QUIT: "QUIT command",
}


#: Octets of a reply that are reported: more says nothing, and does not fit between daemons.
REPLY_LIMIT: Final = 4096


def _text(reply: Reply) -> str:
    """Return *reply* on one line, fit for logs, reports and other daemons."""
    return cut(printable(reply.text), REPLY_LIMIT)


def reply_status(reply: Reply) -> str:
    """Return the enhanced status in *reply* when its class agrees with the code, else the general one of the class.

    A code that is neither 2xx nor 5xx counts as transient.
    """
    digit = 2 if 200 <= reply.code < 300 else 5 if reply.is_permanent else 4
    status, _ = split_status(reply.lines[0] if reply.lines else "", "")
    return status if status.startswith(str(digit)) else f"{digit}.0.0"


def accepted(peer: Peer, reply: Reply, action: str = "") -> Dsn:
    """The server took the message (or, in a probe, the recipient)."""
    text = _text(reply)
    return Dsn(reply_status(reply), text, action, "smtp", text, "dns", peer.host)


def refused(peer: Peer, reply: Reply, verb: Verb) -> Dsn:
    """The server refused a command."""
    return _of_reply(peer, reply, f"host {peer.label} said: {_text(reply)} (in reply to {IN_REPLY[verb]})")


def refused_to_talk(peer: Peer, reply: Reply) -> Dsn:
    """The server refused the connection or the handshake."""
    return _of_reply(peer, reply, f"host {peer.label} refused to talk to me: {_text(reply)}")


def _of_reply(peer: Peer, reply: Reply, reason: str) -> Dsn:
    return Dsn(
        reply_status(reply), reason, diag_type="smtp", diag_text=_text(reply), mta_type="dns", mta_name=peer.host
    )


def not_connected(peer: Peer, problem: str) -> Dsn:
    """No connection came about."""
    return Dsn("4.4.1", f"connect to {peer.label_port}: {problem}")


def lost(peer: Peer, activity: str) -> Dsn:
    """The peer went away."""
    return Dsn("4.4.2", f"lost connection with {peer.label} while {activity}")


def timed_out(peer: Peer, activity: str) -> Dsn:
    """The peer said nothing for too long."""
    return Dsn("4.4.2", f"conversation with {peer.label} timed out while {activity}")


def malformed(peer: Peer, problem: str) -> Dsn:
    """The peer does not speak SMTP."""
    return Dsn("4.5.0", f"Protocol error: host {peer.label} said: {cut(printable(problem), REPLY_LIMIT)}")


def local_error(peer: Peer) -> Dsn:
    """Our own file cannot be read."""
    return Dsn("4.3.0", f"local data error while talking to {peer.label}")


def too_large(peer: Peer, size: int, limit: int) -> Dsn:
    """The server said in EHLO that it takes less."""
    reason = f"message size {size} exceeds size limit {limit} of server {peer.label}"
    return Dsn("5.3.4", reason)


def needs_smtputf8(peer: Peer) -> Dsn:
    """The envelope or a header needs an extension that the server lacks. RFC 6531 §3.2."""
    return Dsn("5.6.7", f"SMTPUTF8 is required, but was not offered by host {peer.label}")


def loops_back(domain: str) -> Dsn:
    """We are the best mail exchanger of a domain that we do not handle."""
    return Dsn("5.4.6", f"mail for {domain} loops back to myself")


def no_primary(domain: str) -> Dsn:
    """All exchangers that are better than ourselves have no address."""
    return Dsn("4.4.4", f"unable to find primary relay for {domain}")


def cannot_look_up(host: str, problem: str, status: str) -> Dsn:
    """smtp_host_lookup = native found no address."""
    return Dsn(status, f"unable to look up host {host}: {problem}")


UNAVAILABLE: Final = Dsn("4.3.0", "server unavailable or unable to receive mail")
CONFIGURATION_STATUS: Final = "4.3.5"


def as_transient(dsn: Dsn) -> Dsn:
    """Return *dsn* with class 4: the same trouble, not held against the recipient."""
    return replace(dsn, status=with_class(dsn.status, 4)) if dsn.status[:1] == "5" else dsn


def is_transient(dsn: Dsn) -> bool:
    """Tell whether trying again can help."""
    return dsn.status[:1] == "4"
