from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pymail.commands.postfix import USAGE, Options, parse
from pymail.log.fatal import FatalError
from pymail.unix.interpreter import module_command


@pytest.mark.parametrize(
    ("argv", "environ", "expected"),
    [
        (["start"], {}, Options("/etc/postfix", "start")),
        (["-c", "/x", "-vv", "-D", "stop"], {}, Options("/x", "stop", debugger=True, verbose=2)),
        (["status"], {"MAIL_CONFIG": "/y"}, Options("/y", "status")),
    ],
)
def test_the_command_line_is_understood(argv: list[str], environ: dict[str, str], expected: Options) -> None:
    assert parse(argv, environ) == expected


@pytest.mark.parametrize(("argv", "reason"), [([], USAGE), (["-x"], USAGE), (["stop", "now"], "usage postfix stop")])
def test_a_wrong_command_line_is_fatal(argv: list[str], reason: str) -> None:
    with pytest.raises(FatalError) as caught:
        parse(argv, {})
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("stop", "fatal: the Postfix mail system is not running"),
        ("reload", "fatal: the Postfix mail system is not running"),
        ("abort", "fatal: the Postfix mail system is not running"),
        ("flush", "fatal: the Postfix mail system is not running"),
        ("status", "the Postfix mail system is not running"),
        ("dance", "fatal: unknown command: 'dance'. Usage: postfix start (or stop, reload,"),
    ],
)
def test_without_a_running_system_the_status_is_one(tmp_path: Path, command: str, line: str) -> None:
    (tmp_path / "main.cf").write_text(f"queue_directory = {tmp_path}\nmaillog_file = {tmp_path}/log\n")
    argv = [*module_command("pymail.commands.postfix"), "-c", str(tmp_path), command]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"postfix/postfix-script: {line}")
    assert f"]: {line}" in (tmp_path / "log").read_text()
