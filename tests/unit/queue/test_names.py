from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.queue import names


def test_a_short_id_is_microsecond_and_inode() -> None:
    assert names.make_id(0x120, 430760) == "692A8120"
    assert names.make_id(7, 1) == "000017"


def test_a_long_id_is_that_of_postfix() -> None:
    assert names.make_long_id(313, 1795233930, 549277) == "4jWdsQ3v71z67"


@given(st.integers(1, 2**40), st.integers(0, 2**32), st.integers(0, 999999))
def test_the_inode_comes_back_out_of_an_id(inode: int, second: int, microsecond: int) -> None:
    assert names.inode_of(names.make_id(inode, microsecond)) == inode
    long_id = names.make_long_id(inode, second, microsecond)
    assert names.is_long_id(long_id)
    assert names.inode_of(long_id) == inode
    assert names.hash_directory("defer", long_id, 3) == names.hash_directory(
        "defer", names.make_id(inode, microsecond), 3
    )


def test_no_inode_in_other_names() -> None:
    assert names.inode_of("12345.678") is None


@pytest.mark.parametrize(
    ("name", "valid"),
    [("692A8120", True), ("a_b", True), ("", False), ("a.b", False), ("../x", False), ("x" * 256, False), ("é", False)],
)
def test_only_letters_digits_and_underscores_make_an_id(name: str, valid: bool) -> None:
    assert names.is_queue_id(name) is valid


@pytest.mark.parametrize(
    ("queue", "queue_id", "depth", "path"),
    [
        pytest.param("deferred", "692A8120", 1, "deferred/6/692A8120", id="hashed"),
        pytest.param("deferred", "692A8120", 2, "deferred/6/9/692A8120", id="two levels"),
        pytest.param("deferred", "4jWdsQ3v71z67", 1, "deferred/8/4jWdsQ3v71z67", id="long id"),
        pytest.param("deferred", "AB", 3, "deferred/A/B/_/AB", id="short name"),
        pytest.param("active", "692A8120", 1, "active/692A8120", id="flat"),
    ],
)
def test_where_a_file_is(queue: str, queue_id: str, depth: int, path: str) -> None:
    assert names.queue_path(queue, queue_id, ("deferred", "defer"), depth) == path
