"""MAIL and RCPT of a message for one server: which parameters it may have. Pure.

RFC 1870 (SIZE), RFC 6152 (BODY), RFC 6531 (SMTPUTF8), RFC 3461 (RET, ENVID, NOTIFY, ORCPT).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pymail.ipc.delivery import DeliveryRequest, SendOption
from pymail.mail.dsn import format_notify, format_ret
from pymail.mail.envelope import Recipient
from pymail.mail.quoting import quote
from pymail.mail.xtext import encode_unitext, encode_xtext
from pymail.proto.smtp.client import Transaction
from pymail.proto.smtp.extensions import Extension, Offer

_BODY: Final = {"8bit": "BODY=8BITMIME", "7bit": "BODY=7BIT"}
_UTF8_NEEDED: Final = (
    SendOption.SMTPUTF8_HEADER | SendOption.SMTPUTF8_SENDER | SendOption.SMTPUTF8_RECIPIENT
)  # one of them, with SMTPUTF8_REQUESTED


def needs_smtputf8(request: DeliveryRequest) -> bool:
    """Tell whether the message can only go to a server with SMTPUTF8."""
    return bool(request.sendopts & SendOption.SMTPUTF8_REQUESTED and request.sendopts & _UTF8_NEEDED)


def make_transaction(
    request: DeliveryRequest, recipients: Sequence[Recipient], offer: Offer, *, quoted: bool = True
) -> Transaction:
    """Return the envelope of *recipients* for a server that offers *offer*."""
    extensions = offer.extensions
    words: list[str] = []
    if Extension.SIZE in extensions:
        words.append(f"SIZE={request.size}")
    if Extension.EIGHTBITMIME in extensions and request.encoding in _BODY:
        words.append(_BODY[request.encoding])
    if Extension.SMTPUTF8 in extensions and request.sendopts & SendOption.SMTPUTF8_REQUESTED:
        words.append("SMTPUTF8")
    parameters: tuple[tuple[str, ...], ...] = ()
    if Extension.DSN in extensions:
        if request.ret_flags:
            words.append(f"RET={format_ret(request.ret_flags)}")
        if request.envelope_id:
            words.append(f"ENVID={encode_xtext(request.envelope_id)}")
        utf8 = "SMTPUTF8" in words
        parameters = tuple(_dsn_parameters(recipient, utf8=utf8) for recipient in recipients)
    if not quoted:
        return Transaction(
            request.sender, tuple(recipient.address for recipient in recipients), tuple(words), parameters
        )
    return Transaction(
        quote(request.sender), tuple(quote(recipient.address) for recipient in recipients), tuple(words), parameters
    )


def _dsn_parameters(recipient: Recipient, *, utf8: bool) -> tuple[str, ...]:
    """Return NOTIFY and ORCPT; a recipient without ORCPT gets the address that the sender gave."""
    words = []
    if recipient.notify:
        words.append(f"NOTIFY={format_notify(recipient.notify)}")
    orcpt = recipient.dsn_orig_rcpt or (f"rfc822;{quote(recipient.original)}" if recipient.original else "")
    if orcpt:
        kind, _, address = orcpt.partition(";")
        if address.isascii():
            words.append(f"ORCPT={kind};{encode_xtext(address)}")
        else:  # RFC 6533 §3: unitext to servers with SMTPUTF8, else all in ASCII
            words.append(f"ORCPT=utf-8;{encode_unitext(address, ascii_only=not utf8)}")
    return tuple(words)
