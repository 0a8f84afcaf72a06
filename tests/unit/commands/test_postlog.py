from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pymail.commands.postlog import Options, parse, write
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.unix.interpreter import module_command


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["a", "b"], Options("/etc/postfix", text="a b")),
        (["-p", "warn", "-t", "script", "x"], Options("/etc/postfix", "warning", "script", "x")),
        (["-i", "-c", "/d"], Options("/d")),
    ],
)
def test_the_command_line_is_understood(argv: list[str], expected: Options) -> None:
    assert parse(argv, {}) == expected


def test_a_script_can_name_its_tag_in_the_environment() -> None:
    assert parse(["x"], {"MAIL_LOGTAG": "me"}).tag == "me"


@pytest.mark.parametrize(("argv", "reason"), [(["-p", "loud"], 'bad severity: "loud"'), (["-x"], "usage: postlog")])
def test_a_wrong_command_line_is_fatal(argv: list[str], reason: str) -> None:
    with pytest.raises(FatalError, match=reason):
        parse(argv, {})


@pytest.mark.parametrize("severity", ["info", "warning", "error", "fatal", "panic"])
def test_each_line_is_logged_as_it_is(severity: str) -> None:
    sink = MemorySink()
    write(Log("t", sink), severity, ["100% one", "two"])
    assert sink.lines == [(severity, "100% one"), (severity, "two")]


def test_lines_of_standard_input_reach_log_and_terminal(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text(f"queue_directory = {tmp_path}\nmaillog_file = {tmp_path}/log\n")
    argv = [*module_command("pymail.commands.postlog"), "-c", str(tmp_path), "-p", "fatal", "-t", "script"]
    done = subprocess.run(argv, input="one\ntwo\n", capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == "script: fatal: one\nscript: fatal: two\n"
    assert [line.split("]: ")[1] for line in (tmp_path / "log").read_text().splitlines()] == [
        "fatal: one",
        "fatal: two",
    ]
