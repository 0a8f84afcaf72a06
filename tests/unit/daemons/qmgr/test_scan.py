"""Scans: which files they give, and what requests during a scan do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.daemons.qmgr.scan import Found, Scan
from pymail.queue.directories import QueueLayout

NOW = 1_800_000_000.0


def put(path: Path, *, mode: int = 0o700, age: float = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    path.chmod(mode)
    os.utime(path, (NOW - age, NOW - age))


def make_scan(root: Path, queue: str = "deferred") -> Scan:
    return Scan(QueueLayout(root=f"{root}/"), queue, lambda: NOW)


def run(scan: Scan) -> list[Found]:
    found = []
    for _ in range(100):
        one = scan.next(3)
        if one is not None:
            found.append(one)
        elif not scan.is_running:
            break
    return found


def test_a_scan_gives_complete_files_whose_time_has_come(tmp_path: Path) -> None:
    put(tmp_path / "deferred/A/A1")
    put(tmp_path / "deferred/A/A2", age=-1)
    put(tmp_path / "deferred/A/A3", age=-60)
    put(tmp_path / "deferred/A/A4", mode=0o600)
    put(tmp_path / "deferred/A/A5", mode=0o750)
    put(tmp_path / "deferred/A/12.34")
    (tmp_path / "deferred/A/A6").symlink_to("A1")
    scan = make_scan(tmp_path)
    scan.request()
    found = run(scan)
    assert sorted(one.queue_id for one in found) == ["A1", "A2", "A5"]
    assert {one.queue_id: one.mode for one in found}["A5"] == 0o750
    assert found[0].path.startswith(f"{tmp_path}/deferred/A/A")
    assert not scan.is_running


def test_time_stamps_can_be_ignored(tmp_path: Path) -> None:
    put(tmp_path / "deferred/A/A3", age=-60)
    scan = make_scan(tmp_path)
    scan.request(ignore_time=True)
    assert len(run(scan)) == 1
    scan.request()
    assert run(scan) == []


def test_a_request_during_a_scan_restarts_it_at_its_end(tmp_path: Path) -> None:
    put(tmp_path / "incoming/A1")
    scan = make_scan(tmp_path, "incoming")
    scan.request()
    assert scan.next(10) is not None
    scan.request()
    (tmp_path / "incoming/A1").unlink()
    put(tmp_path / "incoming/A2")
    assert [one.queue_id for one in run(scan)][-1] == "A2"
    assert not scan.is_running


def test_modifiers_count_for_the_running_scan_and_the_next(tmp_path: Path) -> None:
    for name in ("A1", "A2"):
        put(tmp_path / "deferred/A" / name, age=-60)
    scan = make_scan(tmp_path)
    scan.request()
    scan.request(start=False, ignore_time=True, flush=True)
    assert [one.flush for one in run(scan)] == [True, True]
    assert not scan.is_running
    scan.request()
    assert len(run(scan)) == 2
    scan.request()
    assert run(scan) == []


def test_a_modifier_alone_starts_nothing(tmp_path: Path) -> None:
    scan = make_scan(tmp_path)
    scan.request(start=False, flush=True)
    assert not scan.is_running


def test_a_missing_queue_is_empty(tmp_path: Path) -> None:
    scan = make_scan(tmp_path)
    scan.request()
    assert run(scan) == []


@pytest.mark.parametrize("most", [1, 3, 50])
def test_a_scan_looks_at_few_entries_at_a_time(tmp_path: Path, most: int) -> None:
    for number in range(20):
        put(tmp_path / f"deferred/A/A{number}", age=-60)
    scan = make_scan(tmp_path)
    scan.request()
    turns = 0
    while scan.is_running:
        scan.next(most)
        turns += 1
    assert turns == 20 // most + 1
