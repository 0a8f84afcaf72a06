"""What the sessions of one process share: parameters, prepared replies, and the services that they use."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from pymail.daemons.smtpd.access.engine import Access
from pymail.daemons.smtpd.message import DateCache, OpenCleanup
from pymail.daemons.smtpd.params import SmtpdParams
from pymail.dns.hosts import ClientName, NameStatus
from pymail.log.logger import Log
from pymail.proto.line import BareLinefeed
from pymail.proto.smtp.extensions import Extension, parse_keywords
from pymail.proto.smtp.reply import Reply
from pymail.tables.base import TableError
from pymail.tables.maps import Maps

#: What we announce, in Postfix's order.
ANNOUNCED: Final = (
    Extension.PIPELINING,
    Extension.SIZE,
    Extension.VRFY,
    Extension.ETRN,
    Extension.ENHANCEDSTATUSCODES,
    Extension.EIGHTBITMIME,
    Extension.DSN,
    Extension.SMTPUTF8,
    Extension.CHUNKING,
)
SILENT: Final = "silent-discard"
#: Seconds that a client's name is remembered, and how many are.
ACQUAINTANCE_TIME: Final = 2.0
ACQUAINTANCES_LIMIT: Final = 1000


class ClientMatcher(Protocol):
    """A list of clients."""

    async def matches(self, name: str, address: str) -> bool:
        """Return True when the client is in the list; raises TableError."""


class WordList:
    """A list of words and tables: smtpd_forbidden_commands, smtpd_noop_commands."""

    __slots__ = ("_tables", "_words")

    def __init__(self, words: frozenset[str], tables: Maps | None) -> None:
        self._words = words
        self._tables = tables

    async def contains(self, word: str) -> bool:
        """Return whether *word* is in the list, without regard to letter case. A table that fails does not have it."""
        if word.lower() in self._words:
            return True
        if self._tables is None or self._tables.is_empty:
            return False
        try:
            return await self._tables.find(word) is not None
        except TableError:
            return False


@dataclass(frozen=True, slots=True)
class Settings:
    """One set of parameters, and the replies that follow from it. There are two sets: with stress and without."""

    params: SmtpdParams
    greeting: Reply
    #: The answer to HELO.
    welcome: Reply
    rule: BareLinefeed
    #: EHLO keywords that are not announced, and whether that is logged.
    discarded: frozenset[Extension]
    is_silent: bool
    _offers: dict[frozenset[Extension], Reply] = field(default_factory=dict)

    @classmethod
    def of(cls, params: SmtpdParams, rule: BareLinefeed) -> Settings:
        """Prepare what *params* say."""
        discarded, others = parse_keywords(params.smtpd_discard_ehlo_keywords)
        silent = SILENT in (word.lower() for word in others)
        welcome = Reply(250, (params.myhostname,))
        return cls(params, Reply(220, (params.smtpd_banner,)), welcome, rule, discarded, silent)

    @staticmethod
    def keywords_of(text: str) -> frozenset[Extension]:
        """Return the EHLO keywords that *text* lists."""
        return parse_keywords(text)[0]

    def offer(self, discarded: frozenset[Extension]) -> Reply:
        """Return the reply to EHLO without the keywords of *discarded*."""
        reply = self._offers.get(discarded)
        if reply is None:
            reply = self._offers[discarded] = self._make_offer(discarded)
        return reply

    def _make_offer(self, discarded: frozenset[Extension]) -> Reply:
        params = self.params
        lines = [params.myhostname]
        absent = set(discarded)
        if params.disable_vrfy_command:
            absent.add(Extension.VRFY)
        if not params.smtputf8_enable:
            absent.add(Extension.SMTPUTF8)
        for extension in ANNOUNCED:
            if extension is Extension.SIZE and extension not in absent and params.message_size_limit > 0:
                lines.append(f"SIZE {params.message_size_limit}")
            elif extension not in absent:
                lines.append(extension.value)
        return Reply(250, tuple(lines))


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What is known of a client by its address alone."""

    name: ClientName
    #: One of local_header_rewrite_clients.
    is_local: bool
    #: One of smtpd_forbid_bare_newline_exclusions.
    may_send_bare_linefeed: bool


class Acquaintances:
    """Remembers clients for a moment: who connects, connects again."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Acquaintance]] = {}

    def get(self, address: str, now: float) -> Acquaintance | None:
        """Return what is known, if it is fresh."""
        entry = self._known.get(address)
        return entry[1] if entry is not None and now < entry[0] else None

    def add(self, address: str, known: Acquaintance, now: float) -> None:
        """Remember; names that could not be found for a time are not remembered."""
        if known.name.status is NameStatus.TRY_AGAIN or known.name.warning:
            return
        if len(self._known) >= ACQUAINTANCES_LIMIT:
            self._known.clear()
        self._known[address] = (now + ACQUAINTANCE_TIME, known)


class RecentMatches:
    """A list of clients that is asked again and again for the same one: its answers count for a moment.

    mynetworks is asked when a client connects, and for every recipient.
    """

    __slots__ = ("_clients", "_clock", "_known")

    def __init__(self, clients: ClientMatcher, clock: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, bool]] = {}

    async def matches(self, name: str, address: str) -> bool:
        """Return True when the client is in the list; raises TableError."""
        now = self._clock()
        entry = self._known.get((name, address))
        if entry is not None and now < entry[0]:
            return entry[1]
        found = await self._clients.matches(name, address)
        if len(self._known) >= ACQUAINTANCES_LIMIT:
            self._known.clear()
        self._known[name, address] = (now + ACQUAINTANCE_TIME, found)
        return found


@dataclass(slots=True)
class Shared:
    """One process."""

    settings: Settings
    #: The parameters of `stress=yes`; the same when the service has none.
    stress_settings: Settings
    is_stressed: Callable[[], bool]
    log: Log
    #: None: stand-alone (`sendmail -bs`), where the caller may do what the user may.
    access: Access | None
    open_cleanup: OpenCleanup
    name_of: Callable[[str], Awaitable[ClientName]]
    #: Seconds since the epoch.
    clock: Callable[[], float]
    #: Clients that may send bare line feeds.
    bare_linefeed_exclusions: ClientMatcher
    #: Clients whose headers are completed with our domain.
    is_local_client: Callable[[str, str], Awaitable[bool]]
    noop_commands: WordList
    forbidden_commands: WordList
    discard_maps: Maps
    #: Asks the queue manager for delivery to a domain: 0, or why not (flush(8)).
    flush_site: Callable[[str], Awaitable[int]]
    free_space: Callable[[], int]
    has_valid_domain: Callable[[str], bool]
    acquaintances: Acquaintances = field(default_factory=Acquaintances)
    dates: DateCache = field(default_factory=DateCache)
    #: Sessions that are going on.
    live: int = 0
