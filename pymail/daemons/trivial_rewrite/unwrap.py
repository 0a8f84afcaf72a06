"""The first step of *resolve*: find out for whom an address really is.

A recipient at one of our own domains can hide another address: `user%site@ours`, `site!user@ours`, `"user@site"@ours`,
`@ours:user@site`. The domain is taken away and what is inside is looked at in turn, until the domain is not ours or
nothing is left to look at. Postfix: trivial-rewrite/resolve.c.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from pymail.mail.address_token import Kind, Token, internal_text, tokenize
from pymail.mail.quoting import quote
from pymail.mail.rewrite import RewriteRules, rewrite_tokens
from pymail.util.network import parse_address

#: Addresses inside addresses; more is nonsense. Differs from Postfix, which allows more in a longer address.
MAXIMUM_DEPTH: Final = 100

#: A common address that hides nothing: dot-atom without `%` and `!`, and a domain name without a final dot.
_PLAIN: Final = re.compile(
    r"""[^\x00-\x20()<>@,;:\\".\[\]!%\x7f]+(?:\.[^\x00-\x20()<>@,;:\\".\[\]!%\x7f]+)*"""
    r"@([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)"
)
_AT: Final = Token(Kind.OPERATOR, "@")
_DOT: Final = Token(Kind.OPERATOR, ".")


@dataclass(frozen=True, slots=True)
class UnwrapRules:
    """The parameters of this step."""

    rewrite: RewriteRules
    myhostname: str
    empty_recipient: str = "MAILER-DAEMON"
    dequoted: bool = True
    null_domain: bool = False
    numeric_domain: bool = False


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The recipient in its final form. *domain* is None when it is local."""

    recipient: str
    domain: str | None
    #: The domain was a bare IP address and got brackets.
    numeric: bool = False


class TooDeepError(Exception):
    """The address does not come to an end."""


async def unwrap(address: str, rules: UnwrapRules, is_local: Callable[[str], Awaitable[bool]]) -> Unwrapped:
    """Return for whom *address* (internal) is. Raises TooDeepError, and what *is_local* raises."""
    plain = _PLAIN.fullmatch(address)
    if plain is not None and not rules.numeric_domain and not await is_local(plain[1]):
        return Unwrapped(address, plain[1])
    tokens = tokenize(_spelling(address))
    own: list[Token] = []
    numeric = False
    for _ in range(MAXIMUM_DEPTH):
        tokens = _trimmed(tokens, rules)
        at = _find_last(tokens, "@")
        if at >= 0:
            domain = internal_text(tokens[at + 1 :])
            if rules.numeric_domain and domain and parse_address(domain) is not None:
                tokens = [*tokens[: at + 1], Token(Kind.LITERAL, f"[{domain}]")]
                numeric = True
                continue
            if not domain and at + 1 < len(tokens):  # `user@""`
                return Unwrapped(internal_text(tokens), "", numeric)
            if domain and not await is_local(domain):
                return Unwrapped(internal_text(tokens), domain, numeric)
            tokens, own = tokens[:at], tokens[at:]
        inner = _inner_address(tokens, rules)
        if inner is None:
            break
        tokens, numeric = inner, False
    else:
        raise TooDeepError(address)
    if not tokens or _is_empty(tokens):
        tokens = tokenize(rules.empty_recipient)
    if len(own) == 1:  # "user@": what stands behind the @ is missing
        return Unwrapped(internal_text([*tokens, *own]), "")
    if own:
        return Unwrapped(internal_text([*tokens, *own]), None)
    recipient = f"{internal_text(tokens)}@{rules.myhostname}"
    return Unwrapped(recipient, None if await is_local(rules.myhostname) else rules.myhostname)


def _spelling(address: str) -> str:
    """Return the external form of *address*; a source route `@site:...` stays open."""
    return address if address.startswith("@") and ":" in address else quote(address)


def _trimmed(tokens: list[Token], rules: UnwrapRules) -> list[Token]:
    """Take away one final dot that belongs to a name, and with resolve_null_domain a final `@`."""
    if len(tokens) > 1 and tokens[-1] == _DOT and tokens[-2] not in (_DOT, _AT):
        tokens = tokens[:-1]
    if rules.null_domain and len(tokens) > 1 and tokens[-1] == _AT:
        tokens = tokens[:-1]
    return tokens


def _inner_address(tokens: list[Token], rules: UnwrapRules) -> list[Token] | None:
    """Return the address that hides in a local part, rewritten; None when there is none."""
    percent, bang = rules.rewrite.percent_hack, rules.rewrite.swap_bangpath
    if (
        _find_last(tokens, "@") >= 0
        or (bang and _find_last(tokens, "!") >= 0)
        or (percent and _find_last(tokens, "%") >= 0)
    ):
        return rewrite_tokens(tokens, rules.rewrite)
    if not rules.dequoted or len(tokens) != 1 or tokens[0].kind is not Kind.QUOTED:
        return None
    text = tokens[0].text
    if "@" in text:
        return rewrite_tokens(tokenize(_spelling(text)), rules.rewrite)
    if percent and "%" in text:
        before, _, after = text.rpartition("%")
        return rewrite_tokens(tokenize(quote(f"{before}@{after}")), rules.rewrite)
    if bang and "!" in text:
        return rewrite_tokens(tokenize(text), rules.rewrite)
    return None


def _is_empty(tokens: list[Token]) -> bool:
    return len(tokens) == 1 and tokens[0].kind is Kind.QUOTED and not tokens[0].text


def _find_last(tokens: list[Token], operator: str) -> int:
    for position in range(len(tokens) - 1, -1, -1):
        token = tokens[position]
        if token.kind is Kind.OPERATOR and token.text == operator:
            return position
    return -1
