"""The stub resolver of every daemon: names in, plain values out, remembered as long as their TTL says.

    answer = await resolver.query("example.com", "MX")       # Answer, or raises a DnsError
    answer = resolver.cached("example.com", "MX")            # Answer or None, without waiting

Questions that are already on their way are joined, not asked twice. There is no search list: Postfix asks for names as
they are (`smtp_dns_resolver_options` is empty by default).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from pymail.dns.answer import Answer, InvalidNameError, TryAgainError
from pymail.dns.cache import TtlCache
from pymail.dns.exchange import Exchange
from pymail.dns.hostname import is_hostname
from pymail.dns.message import CHAIN_LIMIT, Outcome, fresh, make_question, try_again
from pymail.dns.resolv_conf import DEFAULT_PATH, ResolvConf, parse_resolv_conf
from pymail.dns.watched_file import WatchedFile


class Resolver:
    """Asks the servers of resolv.conf, or those of *conf*."""

    __slots__ = ("_cache", "_clock", "_conf", "_file", "_rotation", "_under_way")

    def __init__(
        self,
        conf: ResolvConf | None = None,
        *,
        path: str = DEFAULT_PATH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._conf = conf
        self._file = WatchedFile(path, parse_resolv_conf)
        self._clock = clock
        self._cache: TtlCache[Outcome] = TtlCache()
        self._under_way: dict[tuple[str, str], list[asyncio.Future[Outcome]]] = {}
        self._rotation = 0

    def cached(self, name: str, rdtype: str) -> Answer | None:
        """Return the answer that we have; None when a query must find out. Raises DnsError as `query` does."""
        outcome = self._cache.get((name.lower(), rdtype), self._clock())
        return None if outcome is None or outcome.alias else self._settle(outcome)

    async def query(self, name: str, rdtype: str = "A") -> Answer:
        """Return the records of *name*, following aliases.

        Raises NotFoundError (NoDataError, InvalidNameError), TryAgainError, InvalidReplyError, NullMxError.
        """
        if not is_hostname(name):
            raise InvalidNameError(name, rdtype)
        asked = name
        for _ in range(CHAIN_LIMIT):
            outcome = self._cache.get((asked.lower(), rdtype), self._clock())
            if outcome is None:
                outcome = await self._ask(asked, rdtype)
            if not outcome.alias:
                return self._settle(outcome)
            asked = outcome.alias
        raise TryAgainError(name, rdtype)

    @staticmethod
    def _settle(outcome: Outcome) -> Answer:
        if outcome.answer is not None:
            return outcome.answer
        assert outcome.error is not None
        raise fresh(outcome.error)

    def _ask(self, name: str, rdtype: str) -> asyncio.Future[Outcome]:
        """Return the outcome to come; a waiter that is cancelled does not stop the query."""
        key = (name.lower(), rdtype)
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Outcome] = loop.create_future()
        waiters = self._under_way.get(key)
        if waiters is not None:
            waiters.append(waiter)
            return waiter
        question = make_question(name, rdtype)
        conf = self._conf if self._conf is not None else self._file.get()
        self._under_way[key] = waiters = [waiter]

        def done(outcome: Outcome | None) -> None:
            del self._under_way[key]
            if outcome is None:
                outcome = Outcome(0, error=try_again(question))
            self._cache.put(key, outcome, outcome.ttl, self._clock())
            for one in waiters:
                if not one.done():
                    one.set_result(outcome)

        first = 0
        if conf.rotate:
            self._rotation += 1
            first = self._rotation % len(conf.servers)
        Exchange(question, conf, loop, done).start(first)
        return waiter
