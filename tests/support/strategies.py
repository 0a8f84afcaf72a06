"""Hypothesis strategies for mail text."""

from __future__ import annotations

from hypothesis import strategies as st

#: Any text a daemon can meet: UTF-8 decoded with surrogateescape.
any_text = st.binary(max_size=60).map(lambda octets: octets.decode("utf-8", "surrogateescape"))
#: Text in which the characters of address syntax are frequent.
address_text = st.text(st.sampled_from(list('ab1.@!%:;,<>()[]"\\ \t\né')), max_size=40)
#: Header bodies.
header_text = st.one_of(any_text, address_text)
#: Internal local parts.
local_parts = st.text(st.sampled_from(list('abz09._-+=@!%"\\ (),:;<>[]é')), min_size=1, max_size=20)
_label = st.text(st.sampled_from(list("abcxyz019-")), min_size=1, max_size=8).filter(
    lambda text: text.strip("-") == text
)
#: Domain names with at least one dot.
domains = st.lists(_label, min_size=2, max_size=4).map(".".join)
#: Complete internal addresses.
addresses = st.builds("{}@{}".format, local_parts, domains)
