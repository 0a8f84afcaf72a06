"""newaliases as a program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def newaliases(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pymail.commands.newaliases", *arguments],
        env={**os.environ, "MAIL_CONFIG": str(folder)}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_all_alias_databases_are_built(tmp_path: Path) -> None:
    names = [tmp_path / "one", tmp_path / "two"]
    for name in names:
        name.write_text("root: joe\n")
    (tmp_path / "main.cf").write_text(
        f"compatibility_level = 3.6\nmaillog_file = {tmp_path}/log\nalias_database = lmdb:{names[0]}, lmdb:{names[1]}\n"
    )
    done = newaliases(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name.with_suffix(".lmdb").exists() for name in names)


def test_the_database_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text(f"compatibility_level = 3.6\nmaillog_file = {tmp_path}/log\n")
    done = newaliases(tmp_path, "-oA/nonexistent/aliases")
    assert done.returncode == 1
    assert done.stderr == "postalias: fatal: open /nonexistent/aliases: No such file or directory\n"


def test_no_database_is_no_work(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text("alias_database =\n")
    assert newaliases(tmp_path).returncode == 0


def test_a_missing_configuration_is_fatal(tmp_path: Path) -> None:
    done = newaliases(tmp_path / "none")
    assert done.returncode == 1
    assert done.stderr.startswith("newaliases: fatal: ")
