"""The parameters of cleanup in the form in which each message needs them; made once at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pymail.daemons.cleanup.params import CleanupParams
from pymail.mail.quoting import quote, unquote
from pymail.mail.rewrite import RewriteRules, rewrite_address

MAILER_DAEMON: Final = "MAILER-DAEMON"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a message needs to know. Sizes in octets; 0: no limit."""

    params: CleanupParams
    local_rules: RewriteRules
    #: None: the header of mail from outside is left alone.
    remote_rules: RewriteRules | None
    drop_headers: frozenset[bytes]
    line_limit: int
    message_limit: int
    header_limit: int
    has_aliases: bool
    #: Local time at an epoch: seconds east of UTC, name of the zone.
    zone: Callable[[float], tuple[int, str]]
    clock: Callable[[], float]

    def rewrite_internal(self, address: str) -> str:
        """Return the standard form of an internal address (local context)."""
        return unquote(rewrite_address(quote(address), self.local_rules))


def make_settings(
    params: CleanupParams,
    *,
    has_aliases: bool,
    zone: Callable[[float], tuple[int, str]],
    clock: Callable[[], float],
) -> Settings:
    """Return the settings that *params* mean."""
    remote = params.remote_header_rewrite_domain
    return Settings(
        params=params,
        local_rules=_rules(params, params.myorigin, params.mydomain),
        remote_rules=_rules(params, remote, remote) if remote else None,
        drop_headers=frozenset(params.message_drop_headers.lower().replace(",", " ").encode().split()),
        line_limit=params.line_length_limit,
        message_limit=params.message_size_limit,
        header_limit=params.header_size_limit,
        has_aliases=has_aliases,
        zone=zone,
        clock=clock,
    )


def _rules(params: CleanupParams, origin: str, domain: str) -> RewriteRules:
    return RewriteRules(
        origin=origin,
        domain=domain,
        append_at=params.append_at_myorigin,
        append_dot=params.append_dot_mydomain,
        swap_bangpath=params.swap_bangpath,
        percent_hack=params.allow_percent_hack,
    )
