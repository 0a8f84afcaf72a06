"""Entries live as long as they may, and no more of them than the capacity."""

from __future__ import annotations

from pymail.dns.cache import TTL_LIMIT, TtlCache


def test_an_entry_ends_with_its_ttl() -> None:
    cache: TtlCache[int] = TtlCache()
    cache.put(("a", "A"), 1, 10, now=100.0)
    assert cache.get(("a", "A"), 109.9) == 1
    assert cache.get(("a", "A"), 110.0) is None
    assert len(cache) == 0


def test_no_ttl_means_no_entry() -> None:
    cache: TtlCache[int] = TtlCache()
    cache.put(("a", "A"), 1, 0, now=0.0)
    assert cache.get(("a", "A"), 0.0) is None


def test_a_huge_ttl_is_cut() -> None:
    cache: TtlCache[int] = TtlCache()
    cache.put(("a", "A"), 1, 1 << 31, now=0.0)
    assert cache.get(("a", "A"), TTL_LIMIT + 1) is None


def test_the_oldest_entry_makes_room() -> None:
    cache: TtlCache[int] = TtlCache(capacity=2)
    for number, name in enumerate("abc"):
        cache.put((name, "A"), number, 10, now=0.0)
    assert [cache.get((name, "A"), 1.0) for name in "abc"] == [None, 1, 2]


def test_clear_forgets() -> None:
    cache: TtlCache[int] = TtlCache()
    cache.put(("a", "A"), 1, 10, now=0.0)
    cache.clear()
    assert cache.get(("a", "A"), 0.0) is None
