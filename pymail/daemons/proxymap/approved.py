"""Which tables clients may ask for: what the expanded proxy_read_maps or proxy_write_maps names."""

from __future__ import annotations

from pymail.util.matchlist import MatchListError, split_list, split_list_braces


def approved_tables(text: str) -> frozenset[str]:
    """Return the tables `type:name` that *text* lists as `proxy:type:name`, and its `unix:` tables.

    Differs from Postfix: `unix:` tables need no `proxy:`, because daemons with an event loop always ask here for them.
    """
    try:
        words = split_list_braces(text)
    except MatchListError:
        words = split_list(text)
    found = set()
    for word in words:
        name = word.lstrip("!")
        if name.startswith("proxy:"):
            while name.startswith("proxy:"):
                name = name.removeprefix("proxy:")
            found.add(name)
        elif name.startswith("unix:"):
            found.add(name)
    return frozenset(found)
