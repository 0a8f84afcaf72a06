"""Address rewriting to standard form: the *rewrite* service of trivial-rewrite(8).

`rewrite_address` takes and gives the external (quoted) spelling. The rules, in this order: take away a source route
(`@a,@b:user@site`); `site!user` to `user@site`; `user%site` to `user@site`; complete a bare user with `@origin` and a
host name without a dot with `.domain`; take away one final dot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pymail.mail.address_token import Kind, Token, internal_text, tokenize
from pymail.mail.quoting import quote

#: An address that no rule changes: dot-atom, `@`, a name with a dot inside and none at its end.
_COMPLETE: Final = re.compile(
    r"""[^\x00-\x20()<>@,;:\\".\[\]!%\x7f]+(?:\.[^\x00-\x20()<>@,;:\\".\[\]!%\x7f]+)*@[\w-]+(?:\.[\w-]+)+"""
)
_AT: Final = Token(Kind.OPERATOR, "@")


@dataclass(frozen=True, slots=True)
class RewriteRules:
    """The parameters of a rewriting context, `local` or `remote`; an empty *origin* or *domain* appends nothing."""

    origin: str
    domain: str
    append_at: bool = True
    append_dot: bool = False
    swap_bangpath: bool = True
    percent_hack: bool = True


def rewrite_address(address: str, rules: RewriteRules) -> str:
    """Return the standard form of an external address; the null address (empty or `""`) stays as it is."""
    if address in ("", '""') or _COMPLETE.fullmatch(address):
        return address
    tokens = tokenize(address, bare=True)
    if tokens == [_AT]:
        return '""'
    return quote(internal_text(rewrite_tokens(tokens, rules))) or '""'


def rewrite_tokens(tokens: list[Token], rules: RewriteRules) -> list[Token]:
    """Apply the rules to a tokenised address."""
    tokens = _without_route(tokens)
    if not _has(tokens, "@"):
        if rules.swap_bangpath and _has(tokens, "!"):
            bang = _find(tokens, "!")
            tokens = [*tokens[bang + 1 :], _AT, *tokens[:bang]]
        elif rules.percent_hack and _has(tokens, "%"):
            percent = _find_last(tokens, "%")
            tokens = [*tokens[:percent], _AT, *tokens[percent + 1 :]]
        elif rules.append_at and rules.origin:
            tokens = [*tokens, _AT, *tokenize(rules.origin, bare=True)]
    at = _find_last(tokens, "@")
    if at >= 0 and rules.append_dot and rules.domain and _is_short_host(tokens[at + 1 :]):
        tokens = [*tokens, Token(Kind.OPERATOR, "."), *tokenize(rules.domain, bare=True)]
    return _without_final_dot(tokens)


def _without_route(tokens: list[Token]) -> list[Token]:
    """Take away `@a,@b:` when an address follows it (RFC 5321 Appendix C)."""
    if tokens and tokens[0] == _AT:
        colon = _find(tokens, ":")
        if 0 < colon < len(tokens) - 1:
            return tokens[colon + 1 :]
    return tokens


def _is_short_host(domain: list[Token]) -> bool:
    return bool(domain) and domain[0].kind is not Kind.LITERAL and not _has(domain, ".")


def _without_final_dot(tokens: list[Token]) -> list[Token]:
    if len(tokens) > 1 and _is_operator(tokens[-1], ".") and not _is_operator(tokens[-2], ".@"):
        return tokens[:-1]
    return tokens


def _is_operator(token: Token, characters: str) -> bool:
    return token.kind is Kind.OPERATOR and token.text in characters


def _has(tokens: list[Token], operator: str) -> bool:
    return _find(tokens, operator) >= 0


def _find(tokens: list[Token], operator: str) -> int:
    return next((at for at, token in enumerate(tokens) if _is_operator(token, operator)), -1)


def _find_last(tokens: list[Token], operator: str) -> int:
    return next((at for at in range(len(tokens) - 1, -1, -1) if _is_operator(tokens[at], operator)), -1)
