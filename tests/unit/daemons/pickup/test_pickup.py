from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.daemons.pickup.maildrop import MailDrop
from pymail.daemons.pickup.params import PickupParams
from pymail.daemons.pickup.pickup import Pickup
from pymail.ipc.cleanup import CleanupResult
from pymail.ipc.errors import ServiceError
from pymail.proto import record
from pymail.proto.record import RecordType
from pymail.queue.directories import QueueLayout
from tests.support.cleanup_rig import make_log
from tests.support.configuration import configuration
from tests.support.golden_queue import queue_files

NOW = 1795241155.5
(DROPPED,) = queue_files("maildrop")
RECEIVED = record.encode_lines(
    [
        f"Received: by mta.exam.test (Postfix, from userid {os.geteuid()})".encode(),
        b"\tid 54B2F5440C5; Sat, 21 Nov 2026 06:05:55 +0000 (UTC)",
    ],
    2048,
)


class Cleanup:
    """Takes one message."""

    def __init__(self, flags: int, result: CleanupResult, *, dies: bool = False) -> None:
        self.queue_id = "54B2F5440C5"
        self.flags = flags
        self.octets = b""
        self.cancelled = False
        self._result = result
        self._dies = dies

    def send(self, records: bytes) -> None:
        if self._dies:
            raise ServiceError("public/cleanup: connection lost")
        self.octets += records

    def finish(self) -> CleanupResult:
        return self._result

    def cancel(self) -> None:
        self.cancelled = True


class World:
    """A maildrop and a cleanup service that answers *result*."""

    def __init__(self, root: Path, values: dict[str, str], result: CleanupResult, *, dies: bool = False) -> None:
        self.folder = root / "maildrop"
        self.folder.mkdir()
        self.log, self.lines = make_log()
        self.messages: list[Cleanup] = []
        #: Files that are dropped while the first one is picked up.
        self.arriving: list[str] = []
        self._result = result
        self._dies = dies
        defaults = {"myhostname": "mta.exam.test", "mail_name": "Postfix", "smtputf8_enable": "yes"}
        self.pickup = Pickup(
            params=PickupParams(configuration({**defaults, **values})),
            drop=MailDrop(QueueLayout(frozenset(), 1, f"{root}/"), self.log),
            open_cleanup=self._open,
            log=self.log,
            owner_uid=os.geteuid(),
            clock=lambda: NOW,
            zone=lambda _epoch: (0, "UTC"),
        )

    def _open(self, flags: int) -> Cleanup:
        if not self.messages:
            for name in self.arriving:
                self.drop(DROPPED.read_bytes(), name=name)
        self.messages.append(Cleanup(flags, self._result, dies=self._dies))
        return self.messages[-1]

    def drop(self, octets: bytes, mode: int = 0o744, name: str = "18BD254031C", age: float = 0.0) -> None:
        path = self.folder / name
        path.write_bytes(octets)
        path.chmod(mode)
        os.utime(path, (NOW - age, NOW - age))

    def run(self) -> list[str]:
        """Pick up; return the names that are left."""
        self.pickup.on_trigger()
        self.log.flush()
        return os.listdir(self.folder)


ACCEPTED = CleanupResult(0, "")


def test_a_submission_goes_to_cleanup_as_postfix_sends_it(tmp_path: Path) -> None:
    world = World(tmp_path, {}, ACCEPTED)
    octets = DROPPED.read_bytes()
    world.drop(octets)
    assert world.run() == []
    (message,) = world.messages
    content = octets.index(b"M\0") + 2
    assert message.flags == 627
    assert message.octets == octets[:content] + RECEIVED + octets[content:]
    assert world.lines == [f"54B2F5440C5: uid={os.geteuid()} from=<alice@sender.test>"]


def test_requeued_mail_keeps_its_records_and_meets_no_milter(tmp_path: Path) -> None:
    world = World(tmp_path, {}, ACCEPTED)
    path = next(path for path in queue_files("deferred") if "dsnpar" in path.name)
    world.drop(path.read_bytes(), 0o700, "9C2F854030E")
    assert world.run() == []
    (message,) = world.messages
    assert message.flags == 51
    kinds = [chr(kind) for _, kind, _ in record.parse(message.octets)]
    assert "".join(kinds[:2]) == "CT"
    assert kinds.count("D") == 2
    assert kinds[-2:] == ["X", "E"], "what cleanup found out stays behind"
    assert world.lines == [f"54B2F5440C5: uid={os.geteuid()} from=<alice@sender.test> orig_id=9C2F854030E"]


def test_a_content_filter_comes_first_and_that_of_the_file_never(tmp_path: Path) -> None:
    world = World(tmp_path, {"content_filter": "smtp:[127.0.0.1]:10025"}, ACCEPTED)
    own = record.encode(RecordType.FILTER, b"own:filter") + record.encode(RecordType.REDIRECT, b"x@y")
    world.drop(DROPPED.read_bytes().replace(b"X\0", b"X\0" + own).replace(b"M\0", own + b"M\0"))
    assert world.run() == []
    octets = world.messages[0].octets
    assert octets.startswith(b"L\x16smtp:[127.0.0.1]:10025T")
    assert b"own:filter" not in octets
    assert b">\x03x@y" not in octets


@pytest.mark.parametrize(
    ("options", "flags"),
    [("no_milters", 627 - 64), ("no_address_mappings, no_header_body_checks", 627 - 16 - 32 - 2), ("other", 627)],
)
def test_receive_override_options_take_flags_away(tmp_path: Path, options: str, flags: int) -> None:
    world = World(tmp_path, {"receive_override_options": options}, ACCEPTED)
    world.drop(DROPPED.read_bytes())
    world.run()
    assert world.messages[0].flags == flags


def test_utf8_is_not_looked_for_where_it_is_not_wanted(tmp_path: Path) -> None:
    world = World(tmp_path, {"smtputf8_autodetect_classes": "verify"}, ACCEPTED)
    world.drop(DROPPED.read_bytes())
    world.run()
    assert world.messages[0].flags == 115


def test_a_body_that_begins_with_a_blank_does_not_go_on_with_our_field(tmp_path: Path) -> None:
    world = World(tmp_path, {}, ACCEPTED)
    world.drop(DROPPED.read_bytes().replace(b"N\x17From:", b"N\x17\tFrom"))
    world.run()
    assert RECEIVED + b"N\0N\x17\t" in world.messages[0].octets


@pytest.mark.parametrize(
    ("result", "left"),
    [
        pytest.param(CleanupResult(1, ""), 0, id="broken"),
        pytest.param(CleanupResult(64, ""), 0, id="no recipients"),
        pytest.param(CleanupResult(2, ""), 1, id="disk"),
        pytest.param(CleanupResult(256, "4.6.0 x"), 1, id="later"),
    ],
)
def test_the_file_stays_while_there_is_hope(tmp_path: Path, result: CleanupResult, left: int) -> None:
    world = World(tmp_path, {}, result)
    world.drop(DROPPED.read_bytes())
    assert len(world.run()) == left
    assert len(world.messages) == 1
    warnings = [line for line in world.lines if line.startswith("warning")]
    assert len(warnings) == (0 if result.reason else 1)


def test_when_cleanup_goes_away_the_file_stays(tmp_path: Path) -> None:
    world = World(tmp_path, {}, ACCEPTED, dies=True)
    world.drop(DROPPED.read_bytes())
    assert len(world.run()) == 1
    assert world.messages[0].cancelled
    assert world.lines[-1].endswith("public/cleanup: connection lost")


@pytest.mark.parametrize(
    ("octets", "number"),
    [
        pytest.param(b"", -1, id="empty"),
        pytest.param(DROPPED.read_bytes()[:60], -1, id="cut"),
        pytest.param(DROPPED.read_bytes()[:-2], -1, id="no end"),
        pytest.param(b"T\x011w\0" + DROPPED.read_bytes()[3:], ord("7"), id="junk"),
        pytest.param(b"m\0" + DROPPED.read_bytes(), 109, id="wire type"),
        pytest.param(record.encode(RecordType.FULL_NAME, b"x" * 3000) + DROPPED.read_bytes(), 70, id="long record"),
        pytest.param(b"T\x011M\0X\0E\0", -1, id="no sender"),
    ],
)
def test_a_file_that_is_no_message_is_removed(tmp_path: Path, octets: bytes, number: int) -> None:
    world = World(tmp_path, {}, ACCEPTED)
    world.drop(octets)
    assert world.run() == []
    assert all(message.cancelled for message in world.messages)
    assert world.lines[-1] == f"warning: uid={os.geteuid()}: unexpected or malformed record type {number}"


def test_a_link_is_removed_with_a_warning(tmp_path: Path) -> None:
    world = World(tmp_path, {}, ACCEPTED)
    world.drop(DROPPED.read_bytes())
    os.link(world.folder / "18BD254031C", tmp_path / "other")
    assert world.run() == []
    assert (tmp_path / "other").exists()
    assert any("file has 2 hard links" in line for line in world.lines)


@pytest.mark.parametrize(("age", "words"), [(200000, "has been queued for 2 days"), (-9000, "dated 9000 seconds into")])
def test_implausible_times_are_warned_of(tmp_path: Path, age: float, words: str) -> None:
    world = World(tmp_path, {}, ACCEPTED)
    world.drop(DROPPED.read_bytes(), age=age)
    world.run()
    assert words in world.lines[0]


def test_mail_that_arrives_during_a_scan_is_found(tmp_path: Path) -> None:
    world = World(tmp_path, {}, ACCEPTED)
    world.arriving = ["SECOND1"]
    world.drop(DROPPED.read_bytes())
    assert world.run() == []
    assert len(world.messages) == 2


def test_a_big_message_goes_in_pieces(tmp_path: Path) -> None:
    world = World(tmp_path, {}, ACCEPTED)
    big = DROPPED.read_bytes().replace(b"N\x05Hello", record.encode_lines([b"z" * 1000] * 300, 2048))
    world.drop(big)
    assert world.run() == []
    assert len(world.messages[0].octets) == len(big) + len(RECEIVED)
