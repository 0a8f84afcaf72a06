"""The attribute encodings: round trips, any split, strictness."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.proto import attr

names = st.text("abcdefgh_", min_size=1, max_size=8)
values = st.binary(max_size=20).filter(lambda value: b"\0" not in value)
lists = st.lists(st.tuples(names, values), max_size=6)


def flat(pairs: list[tuple[str, bytes]]) -> list[bytes]:
    return [octets for name, value in pairs for octets in (name.encode(), value)]


@pytest.mark.parametrize(
    ("fields", "octets"),
    [
        pytest.param((), b"\0", id="empty-list"),
        pytest.param(
            ("protocol", "delivery_request_protocol"), b"protocol\0delivery_request_protocol\0\0", id="captured"
        ),
        pytest.param(("status", -1), b"status\x004294967295\0\0", id="minus-one"),
        pytest.param(("sender", "", "size", 7), b"sender\0\0size\x007\0\0", id="empty-value"),
    ],
)
def test_null_encoding(fields: tuple[str | int, ...], octets: bytes) -> None:
    assert attr.encode(*fields) == octets


def test_plain_encoding_is_the_captured_one() -> None:
    assert attr.encode_plain("protocol", "anvil_protocol") == b"protocol=anvil_protocol\n\n"


@pytest.mark.parametrize("bad", ["a\0b", b"\0"])
def test_a_nul_inside_a_value_is_refused(bad: str | bytes) -> None:
    with pytest.raises(attr.AttrError):
        attr.encode("sender", bad)


@given(st.lists(st.text("ab\0\u00e4", max_size=3), min_size=1, max_size=4))
def test_a_list_of_text_is_encoded_as_any_other(fields: list[str]) -> None:
    try:
        expected = attr.encode(*fields)
    except attr.AttrError:
        with pytest.raises(attr.AttrError):
            attr.encode_text(*fields)
    else:
        assert attr.encode_text(*fields) == expected


def test_names_are_compared_one_by_one() -> None:
    with pytest.raises(attr.AttrError, match="unexpected attribute 'b'"):
        attr.take([b"a", b"1", b"b", b"2"], "a", "c")


@pytest.mark.parametrize("bad", ["a\nb", "a\0"])
def test_a_newline_inside_a_plain_value_is_refused(bad: str) -> None:
    with pytest.raises(attr.AttrError):
        attr.encode_plain("sender", bad)


@given(st.lists(lists, max_size=4), st.integers(1, 9))
def test_any_split_of_null_lists_gives_the_same_lists(many: list[list[tuple[str, bytes]]], size: int) -> None:
    stream = b"".join(attr.encode(*flat(pairs)) for pairs in many)
    reader = attr.ListReader()
    seen = []
    for start in range(0, len(stream), size):
        reader.feed(stream[start : start + size])
        while (fields := reader.next_list()) is not None:
            seen.append(fields)
    assert seen == [flat(pairs) for pairs in many]
    assert reader.take_pending() == b""


plain_values = st.text(st.characters(codec="utf-8", exclude_characters="\n\0"), max_size=12)


@given(st.lists(st.lists(st.tuples(names, plain_values), max_size=5), max_size=3), st.integers(1, 9))
def test_any_split_of_plain_lists_gives_the_same_lists(many: list[list[tuple[str, str]]], size: int) -> None:
    stream = b"".join(attr.encode_plain(*[text for pair in pairs for text in pair]) for pairs in many)
    reader = attr.PlainReader()
    seen = []
    for start in range(0, len(stream), size):
        reader.feed(stream[start : start + size])
        while (fields := reader.next_list()) is not None:
            seen.append(fields)
    assert seen == [[text.encode() for pair in pairs for text in pair] for pairs in many]


@given(st.binary(max_size=60))
def test_no_input_raises_an_undeclared_error(data: bytes) -> None:
    for reader in (attr.ListReader(30), attr.PlainReader(30)):
        reader.feed(data)
        try:
            while (fields := reader.next_list()) is not None:
                attr.take(fields, "a")
        except attr.AttrError:
            pass


def test_a_list_over_the_limit_is_refused() -> None:
    reader = attr.ListReader(10)
    reader.feed(b"x" * 11)
    with pytest.raises(attr.AttrError):
        reader.next_list()


def test_octets_after_the_list_stay_for_the_next_protocol() -> None:
    reader = attr.ListReader()
    reader.feed(b"flags\x00178\0\0S\x03a@b")
    assert reader.next_list() == [b"flags", b"178"]
    assert reader.take_pending() == b"S\x03a@b"


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        pytest.param([b"a", b"1"], ("b",), id="other-name"),
        pytest.param([b"a", b"1", b"b", b"2"], ("a",), id="too-many"),
        pytest.param([b"a", b"1"], ("a", "b"), id="too-few"),
    ],
)
def test_take_is_strict(fields: list[bytes], names: tuple[str, ...]) -> None:
    with pytest.raises(attr.AttrError):
        attr.take(fields, *names)


@pytest.mark.parametrize(
    ("fields", "names", "values"),
    [
        pytest.param([b"a", b"1", b"b", b"2"], ("a", "b"), ["1", "2"], id="all"),
        pytest.param(
            [b"x", b"0", b"a", b"1", b"a", b"3", b"b", b"2"], ("a", "b"), ["1", "2"], id="unknown-and-repeated"
        ),
    ],
)
def test_pick_is_lenient(fields: list[bytes], names: tuple[str, ...], values: list[str]) -> None:
    assert attr.pick(fields, *names) == values


def test_pick_misses_what_is_not_there() -> None:
    with pytest.raises(attr.AttrError):
        attr.pick([b"b", b"2", b"a", b"1"], "a", "b")


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("4294967295", -1), ("2147483647", 2147483647)])
def test_to_int_undoes_the_wrap(text: str, number: int) -> None:
    assert attr.to_int(text) == number


@pytest.mark.parametrize(("text", "number"), [("5", 5), ("18446744073709551615", -1)])
def test_to_long_undoes_the_wrap(text: str, number: int) -> None:
    assert attr.to_long(text) == number


@pytest.mark.parametrize("text", ["", "-1", "x", "1" * 21, "\u0663"])
def test_a_malformed_number_is_refused(text: str) -> None:
    for read in (attr.to_int, attr.to_long):
        with pytest.raises(attr.AttrError):
            read(text)


def test_another_protocol_is_refused() -> None:
    with pytest.raises(attr.AttrError):
        attr.check_announcement([b"protocol", b"other"], "cleanup_protocol")
