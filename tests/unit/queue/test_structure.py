"""The structure check."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.log.fatal import FatalError
from pymail.queue.directories import QueueLayout
from pymail.queue.names import make_long_id
from pymail.queue.structure import CHECKED_QUEUES, SUFFIX, Fix, Structure

NOW = 100 * 86400.0


class Queue:
    """A queue in a folder, and what its check says."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.warnings: list[str] = []
        for name in CHECKED_QUEUES:
            (root / name).mkdir()

    def put(self, name: str, content: str = "", mode: int = 0o700, age: int = 0) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content or name)
        path.chmod(mode)
        os.utime(path, (NOW - age, NOW - age))
        return path

    def right_name(self, path: Path) -> str:
        """Return the name that *path* should have."""
        return path.name[:5] + f"{path.stat().st_ino:X}"

    def check(self, fix: Fix = Fix(), queues: tuple[str, ...] = CHECKED_QUEUES) -> int:  # noqa: B008  # a constant
        layout = QueueLayout(root=f"{self.root}/")
        structure = Structure(layout, fix, self.warnings.append, lambda text: None, clock=lambda: NOW)
        structure.run(queues)
        return structure.renamed

    @property
    def files(self) -> dict[str, str]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): path.read_text() for path in found}


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(tmp_path)


def test_a_right_queue_stays_as_it_is(queue: Queue) -> None:
    path = queue.put("active/new")
    path.rename(path.with_name("ABCDE" + f"{path.stat().st_ino:X}"))
    queue.put("deferred/A/" + make_long_id(5, 1, 2))  # long names need not match, but for their directory
    queue.put("flush/relay_test", mode=0o600)
    before = queue.files
    assert (queue.check(), queue.warnings) == (0, [])
    assert set(queue.files.values()) == set(before.values())


def test_names_follow_the_inodes_and_logs_follow_the_names(queue: Queue) -> None:
    message = queue.put("deferred/A/ABCDE1", "message")
    queue.put("defer/A/ABCDE1", "defer", 0o600)
    queue.put("bounce/ABCDE1", "bounce", 0o600)
    name = queue.right_name(message)
    assert queue.check() == 1
    assert queue.files == {f"deferred/A/{name}": "message", f"defer/A/{name}": "defer", f"bounce/{name}": "bounce"}


def test_names_that_change_places_lose_nothing(queue: Queue) -> None:
    """After a restore, the old name of one message can be the new name of another."""
    first, second = queue.put("active/x1", "first"), queue.put("active/x2", "second")
    names = {path.read_text(): f"ABCDE{path.stat().st_ino:X}" for path in (first, second)}
    first.rename(first.with_name("swap"))
    second.rename(second.with_name(names["first"]))
    (first.with_name("swap")).rename(first.with_name(names["second"]))
    assert queue.check() == 2
    assert queue.files == {f"active/{name}": text for text, name in names.items()}


def test_a_run_that_was_broken_off_is_completed(queue: Queue) -> None:
    path = queue.put("active/ABCDE1", "message")
    name = queue.right_name(path)
    path.rename(path.with_name(name + SUFFIX))
    queue.put(f"defer/A/{name}{SUFFIX}", "defer", 0o600)
    queue.check()
    assert queue.files == {f"active/{name}": "message", f"defer/A/{name}": "defer"}


def test_files_go_to_their_hash_directory_and_empty_ones_go_away(queue: Queue) -> None:
    path = queue.put("deferred/B/C/ABCDE1", "message")
    unhashed = queue.put("hold/Q/BCDEF1", "held")
    names = queue.right_name(path), queue.right_name(unhashed)
    queue.check()
    assert queue.files == {f"deferred/A/{names[0]}": "message", f"hold/{names[1]}": "held"}
    assert not (queue.root / "deferred/B/C").exists()
    assert not (queue.root / "hold/Q").exists()
    assert (queue.root / "deferred/B").exists()


def test_old_garbage_is_purged_and_young_files_are_not(queue: Queue) -> None:
    queue.put("incoming/1.2", mode=0o600, age=8 * 86400)
    queue.put("maildrop/ABCDE2", mode=0o644, age=8 * 86400)
    queue.put("incoming/3.4", mode=0o600, age=86400)
    kept = queue.put("incoming/ABCDE1", age=8 * 86400)
    queue.check(Fix(structure=False))
    assert set(queue.files) == {"incoming/3.4", str(kept.relative_to(queue.root))}
    assert queue.warnings == [f"bogus file name: {queue.root}/incoming/3.4"]


def test_without_purge_garbage_stays(queue: Queue) -> None:
    queue.put("incoming/1.2", mode=0o600, age=8 * 86400)
    queue.check(Fix(purge=False))
    assert set(queue.files) == {"incoming/1.2"}


@pytest.mark.parametrize("name", ["foo-bar", "1.2", "1234", "GHIJK1", "x/y"])
def test_strange_names_are_told_and_left_alone(queue: Queue, name: str) -> None:
    queue.put(f"incoming/{name}")
    assert queue.check() == 0
    assert set(queue.files) == {f"incoming/{name}"} or name == "x/y"
    assert len(queue.warnings) == 1


@pytest.mark.parametrize(("long_names", "renamed"), [(False, 0), (True, 1)])
def test_long_names_follow_the_inode_when_it_is_wanted(queue: Queue, long_names: bool, renamed: int) -> None:
    name = make_long_id(5, 1795233930, 545520)
    path = queue.put(f"hold/{name}")
    wanted = make_long_id(path.stat().st_ino, 1795233930, 545520) if long_names else name
    assert queue.check(Fix(long_names=long_names)) == renamed
    assert set(queue.files) == {f"hold/{wanted}"}


def test_two_messages_of_one_name_are_both_kept(queue: Queue) -> None:
    name = make_long_id(5, 1, 2)
    queue.put(f"hold/{name}", "one")
    queue.put(f"hold/Q/{name}", "two")
    queue.check()
    assert sorted(queue.files.values()) == ["one", "two"]
    assert queue.warnings[-1].endswith("File exists")


def test_only_the_named_queues_are_checked(queue: Queue) -> None:
    queue.put("hold/ABCDE1")
    assert queue.check(queues=("active",)) == 0


def test_a_directory_that_cannot_be_read_ends_it(queue: Queue) -> None:
    (queue.root / "hold").rmdir()
    (queue.root / "hold").write_text("")
    with pytest.raises(FatalError, match="scan_dir_push: open directory"):
        queue.check()
