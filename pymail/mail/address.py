"""Addresses as the daemons use them: spellings, parts, and the arguments of MAIL FROM and RCPT TO.

The spellings live in `mail.quoting`, the tokeniser in `mail.address_token`, header lists in `mail.address_list`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pymail.mail.address_list import Address, Comma, parse_list
from pymail.mail.address_token import Kind, Token, internal_text
from pymail.mail.quoting import quote, quote_local, split_address, unquote

__all__ = ["AddressSyntaxError", "Path", "parse_path", "quote", "quote_local", "split_address", "unquote"]


class AddressSyntaxError(Exception):
    """The argument of MAIL FROM or RCPT TO holds no address, or not exactly one."""


@dataclass(frozen=True, slots=True)
class Path:
    """The argument of MAIL FROM or RCPT TO: internal address (empty for `<>`) and ESMTP parameters as written."""

    address: str
    parameters: tuple[str, ...] = ()
    #: The first word as written, for messages.
    text: str = ""


#: A common path, that needs no tokeniser.
_PLAIN: Final = re.compile(r"<([\w.+=-]+@(?:[\w-]+\.)*[\w-]+)>|<>", re.ASCII)
#: One word of the argument: brackets and quoted strings hold blanks.
_WORD: Final = re.compile(
    r"""(?:"(?:[^"\\]|\\.)*"?|<(?:[^<>"\\]|"(?:[^"\\]|\\.)*"?|\\.)*>?|\\.|[^\s"<\\]|\\)+""", re.DOTALL
)


def parse_path(argument: str, *, strict: bool = False) -> Path:
    """Parse what follows `FROM:` or `TO:`: one address, then ESMTP parameters.

    *strict* (strict_rfc821_envelopes): angle brackets must be there, comments and phrases must not. A source route is
    taken away (RFC 5321 §3.3). Raises AddressSyntaxError.
    """
    words = _WORD.findall(argument)
    if not words:
        raise AddressSyntaxError("missing address")
    text, *parameters = words
    if match := _PLAIN.fullmatch(text):
        return Path(match[1] or "", tuple(parameters), text)
    return Path(_parse_address(text, strict), tuple(parameters), text)


def _parse_address(text: str, strict: bool) -> str:
    items = parse_list(text)
    addresses = [item for item in items if isinstance(item, Address)]
    if strict and not (len(items) == 1 and addresses and addresses[0].in_angle and not addresses[0].comments):
        raise AddressSyntaxError("not an address in angle brackets")
    if any(isinstance(item, Comma) and not item.written for item in items) or len(addresses) > 1:
        raise AddressSyntaxError("more than one address")
    if not addresses:
        return ""
    tokens = [token for token in addresses[0].tokens if not _is_stray(token)]
    if len(tokens) < len(addresses[0].tokens) and (strict or text.startswith("<") and not text.endswith(">")):
        raise AddressSyntaxError("unbalanced angle brackets")
    tokens = _without_route(tokens)
    if any(_touch(left, right) for left, right in zip(tokens, tokens[1:], strict=False)):
        raise AddressSyntaxError("more than one address")
    return internal_text(tokens)


def _without_route(tokens: list[Token]) -> list[Token]:
    colon = next((at for at, token in enumerate(tokens) if token == _COLON), -1)
    return tokens[colon + 1 :] if tokens and tokens[0] == _AT and colon > 0 else tokens


def _is_stray(token: Token) -> bool:
    return token.kind is Kind.OPERATOR and token.text in "<>;"


def _touch(left: Token, right: Token) -> bool:
    return (left.is_operand and right.is_operand) or _COMMA in (left, right)


_AT: Final = Token(Kind.OPERATOR, "@")
_COLON: Final = Token(Kind.OPERATOR, ":")
_COMMA: Final = Token(Kind.OPERATOR, ",")
