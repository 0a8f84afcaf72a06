"""What stands above the message, and `From ` inside it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.delivery.copying import TopLines, delivered_to, mbox_blocks, message_blocks
from tests.support.queue_files import write_queue_file
from tests.unit.delivery.test_report import request


def test_the_top_lines() -> None:
    assert TopLines("a b@c", "o@x", "r@x").encode() == (
        b'Return-Path: <"a b"@c>\nX-Original-To: o@x\nDelivered-To: r@x\n'
    )
    assert TopLines("", "", "r@x").encode() == b"Return-Path: <>\nDelivered-To: r@x\n"


@pytest.mark.parametrize("lines", [[b"From me", b"", b"From you", b">From x", b"from z"]])
def test_from_lines_are_quoted_in_an_mbox_only(tmp_path: Path, lines: list[bytes]) -> None:
    offset, _ = write_queue_file(tmp_path / "f", lines, [])
    fd = os.open(tmp_path / "f", os.O_RDONLY)
    wanted = replace(request(), offset=offset)
    assert b"".join(message_blocks(fd, wanted)) == b"From me\n\nFrom you\n>From x\nfrom z\n"
    assert b"".join(mbox_blocks(fd, wanted)) == b">From me\n\n>From you\n>From x\nfrom z\n"
    os.close(fd)


@given(st.lists(st.sampled_from([b"From x", b"y" * 70000, b"From " * 9000, b""]), max_size=6))
def test_every_line_is_quoted_whatever_the_blocks(lines: list[bytes]) -> None:
    path = Path(f"/tmp/pymail-copying-{os.getpid()}")
    offset, _ = write_queue_file(path, lines, [])
    fd = os.open(path, os.O_RDONLY)
    path.unlink()
    got = b"".join(mbox_blocks(fd, replace(request(), offset=offset)))
    os.close(fd)
    assert got == b"".join((b">" if line.startswith(b"From ") else b"") + line + b"\n" for line in lines)


def test_delivered_to_is_read_from_the_header_only(tmp_path: Path) -> None:
    lines = [b"DELIVERED-TO:  Alice@X ", b"X-Delivered-To: no@x", b"", b"Delivered-To: bob@x"]
    offset, _ = write_queue_file(tmp_path / "f", lines, [])
    fd = os.open(tmp_path / "f", os.O_RDONLY)
    assert delivered_to(fd, replace(request(), offset=offset)) == {"alice@x"}
    os.close(fd)
