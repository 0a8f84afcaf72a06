"""Delete, hold, release, requeue, expire."""

from __future__ import annotations

from pathlib import Path

import pytest

from pymail.log.fatal import FatalError
from pymail.queue.directories import QueueLayout
from pymail.queue.operations import MESSAGE_QUEUES, Operation, Operations, is_complete

ID = "6ABCD12"


@pytest.fixture
def operations(tmp_path: Path) -> Operations:
    for name in ("maildrop", "incoming", "active", "deferred/6", "hold", "bounce", "defer/6", "trace"):
        (tmp_path / name).mkdir(parents=True)
    return Operations(QueueLayout(root=f"{tmp_path}/"), lambda text: None, clock=lambda: 1000.0)


def put(root: Path, queue: str, mode: int = 0o700) -> Path:
    folder = root / queue / "6" if queue in ("deferred", "defer") else root / queue
    (folder / ID).write_text(queue)
    (folder / ID).chmod(mode)
    return folder / ID


@pytest.mark.parametrize(
    ("operation", "start", "end"),
    [
        (Operation.HOLD, "deferred", "hold"),
        (Operation.HOLD, "active", "hold"),
        (Operation.HOLD, "hold", None),
        (Operation.HOLD, "maildrop", None),
        (Operation.RELEASE, "hold", "deferred/6"),
        (Operation.RELEASE, "active", None),
        (Operation.REQUEUE, "hold", "maildrop"),
        (Operation.REQUEUE, "deferred", "maildrop"),
        (Operation.REQUEUE, "maildrop", None),
    ],
)
def test_a_message_is_moved(
    operations: Operations, tmp_path: Path, operation: Operation, start: str, end: str | None
) -> None:
    path = put(tmp_path, start)
    assert operations.apply(operation, ID, MESSAGE_QUEUES) == (end is not None)
    assert path.exists() == (end is None)
    if end is not None:
        assert (tmp_path / end / ID).read_text() == start


def test_a_requeued_message_counts_from_now(operations: Operations, tmp_path: Path) -> None:
    put(tmp_path, "hold")
    operations.apply(Operation.REQUEUE, ID, MESSAGE_QUEUES)
    assert (tmp_path / "maildrop" / ID).stat().st_mtime == 1000


@pytest.mark.parametrize("queue", MESSAGE_QUEUES)
def test_a_message_is_deleted_with_its_logs(operations: Operations, tmp_path: Path, queue: str) -> None:
    paths = [put(tmp_path, queue), *(put(tmp_path, name, 0o600) for name in ("bounce", "defer", "trace"))]
    assert operations.apply(Operation.DELETE, ID, MESSAGE_QUEUES)
    assert not any(path.exists() for path in paths)


def test_logs_without_a_message_stay(operations: Operations, tmp_path: Path) -> None:
    path = put(tmp_path, "defer", 0o600)
    assert not operations.apply(Operation.DELETE, ID, MESSAGE_QUEUES)
    assert path.exists()


@pytest.mark.parametrize(
    ("mode", "after", "done"),
    [(0o700, 0o710, True), (0o744, 0o754, True), (0o710, 0o710, False), (0o600, 0o600, False)],
)
def test_expiry_is_a_mode_bit_of_complete_files(
    operations: Operations, tmp_path: Path, mode: int, after: int, done: bool
) -> None:
    path = put(tmp_path, "deferred", mode)
    assert operations.apply_to(Operation.EXPIRE, ID, "deferred") == done
    assert path.stat().st_mode & 0o777 == after


@pytest.mark.parametrize("operation", Operation)
def test_unfinished_and_missing_messages_are_left_alone(
    operations: Operations, tmp_path: Path, operation: Operation
) -> None:
    path = put(tmp_path, "incoming", 0o600)
    assert not operations.apply(operation, ID, MESSAGE_QUEUES)
    assert not operations.apply(operation, "ABCDE99", MESSAGE_QUEUES)
    assert path.exists()


def test_only_the_named_queues_are_looked_at(operations: Operations, tmp_path: Path) -> None:
    put(tmp_path, "active")
    assert not operations.apply(Operation.DELETE, ID, ("hold",))


def test_no_message_takes_the_place_of_another(operations: Operations, tmp_path: Path) -> None:
    put(tmp_path, "active")
    held = put(tmp_path, "hold")
    with pytest.raises(FatalError, match="File exists"):
        operations.apply(Operation.HOLD, ID, MESSAGE_QUEUES)
    assert held.read_text() == "hold"


def test_completeness_is_in_the_mode(tmp_path: Path) -> None:
    (tmp_path / "a").touch(0o700)
    (tmp_path / "b").touch(0o600)
    assert [is_complete(str(tmp_path / name)) for name in "abc"] == [True, False, False]
