from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.unix import spawn
from pymail.unix.users import user_by_name
from tests.support.processes import open_folder

ENVIRON = {"PATH": "/usr/bin:/bin"}


def shell(line: str, **fields: object) -> spawn.Command:
    return spawn.Command(("/bin/sh", "-c", line), ENVIRON, **fields)  # type: ignore[arg-type]  # named fields of it


def nothing(_fd: int) -> None:
    """Write no input."""


def test_the_command_gets_its_input_and_says_what_it_did() -> None:
    result = spawn.run(shell("cat; echo err >&2; exit 3"), lambda fd: os.write(fd, b"message\n") and None, 10)
    assert result == spawn.Result(3, b"message\nerr\n")


def test_a_command_that_does_not_read_ends_all_the_same() -> None:
    def write_much(fd: int) -> None:
        while True:
            os.write(fd, b"x" * 65536)

    assert spawn.run(shell("exit 0"), write_much, 10).status == 0


def test_a_signal_is_a_negative_status() -> None:
    assert spawn.run(shell("kill -TERM $$"), nothing, 10).status == -15


def test_the_command_and_what_it_started_end_at_the_time_limit(tmp_path: Path) -> None:
    with pytest.raises(spawn.CommandTimeoutError):
        spawn.run(shell(f"sleep 60 & echo $! > {tmp_path}/pid; wait"), nothing, 0.3)
    assert not os.path.exists(f"/proc/{(tmp_path / 'pid').read_text().strip()}/cwd")


def test_much_output_is_bounded() -> None:
    result = spawn.run(shell("yes | head -c 1000000"), nothing, 20)
    assert len(result.output) == spawn.OUTPUT_LIMIT


def test_a_missing_program_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        spawn.run(spawn.Command(("/no/such/program",)), nothing, 5)


def test_the_environment_and_descriptors_are_clean() -> None:
    fd = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(fd, True)
    output = spawn.run(shell("ls /proc/$$/fd; env"), nothing, 10).output.decode()
    os.close(fd)
    assert str(fd) not in output.split()
    assert "HOME=" not in output


@pytest.mark.skipif(os.geteuid() != 0, reason="changes user")
def test_the_command_runs_as_the_user() -> None:
    with open_folder() as folder:
        command = shell("id -u; id -G; pwd", user=user_by_name("nobody"), directory=str(folder))
        uid, groups, place = spawn.run(command, nothing, 10).output.decode().split("\n")[:3]
        assert uid == "65534"
        assert "0" not in groups.split()
        assert place == str(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="changes user")
def test_a_folder_that_the_user_may_not_enter_is_an_error() -> None:
    with open_folder() as folder:
        folder.chmod(0o700)
        with pytest.raises(PermissionError):
            spawn.run(shell("true", user=user_by_name("nobody"), directory=str(folder)), nothing, 10)
