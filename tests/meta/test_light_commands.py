"""sendmail, postdrop and postqueue start fast: what they must not load, and what they may cost. The launchers run."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import ROOT, QueueFolder

LIGHT = ("sendmail", "postdrop", "postqueue", "mailq")
#: Each costs milliseconds at every call.
HEAVY = (
    *("dataclasses", "enum", "inspect", "asyncio", "logging", "argparse", "re", "typing", "socket", "signal"),
    *("selectors", "subprocess", "getopt", "gettext", "pathlib", "uvloop", "lmdb"),
)
COMMANDS = sorted(path.name for path in (ROOT / "bin").iterdir())
#: Seconds of processor time that one `sendmail` may take; the machine that runs the tests may be busy and old.
BUDGET = 0.12


@pytest.mark.parametrize("name", LIGHT)
def test_a_light_command_loads_no_heavy_module(name: str) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import pymail.commands.{name}; "
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-IS", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_submission_loads_no_heavy_module(tmp_path: Path) -> None:
    folder = QueueFolder(tmp_path)
    (folder.queue / "public/pickup").touch()
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pymail.commands import sendmail; "
        f"status = sendmail.main(['sendmail', '-f', 'a@b', 'c@d']); "
        f"print(status, *sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code],
        env={**os.environ, "MAIL_CONFIG": str(folder.etc)},
        input="x\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["0"]
    assert len(folder.submitted()) == 1


def test_sendmail_stays_in_its_budget(tmp_path: Path) -> None:
    folder = QueueFolder(tmp_path)
    folder.run("sendmail", "x", stdin=b"x\n")  # fills the caches of the file system
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    folder.run("sendmail", "x", stdin=b"x\n" * 2000)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime) < BUDGET


@pytest.mark.parametrize("name", COMMANDS)
def test_a_launcher_runs_its_command(tmp_path: Path, name: str) -> None:
    folder = QueueFolder(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(ROOT / "bin" / name)
    done = subprocess.run(
        [str(link), "-c", "/nonexistent", "--no-such-option"],
        env={**os.environ, "MAIL_CONFIG": str(folder.etc)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert "Traceback" not in done.stderr
    assert "rror while finding module" not in done.stderr
    assert (ROOT / "pymail/commands" / f"{name}.py").exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_an_entry_point(name: str) -> None:
    assert f'{name} = "pymail.commands.{name}:main"' in (ROOT / "pyproject.toml").read_text()
