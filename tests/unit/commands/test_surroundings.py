"""What the queue commands share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.commands import surroundings
from pymail.config.main_cf import ConfigError, MainCf
from pymail.log.fatal import FatalError


def test_who_owns_a_folder_may_use_it(tmp_path: Path) -> None:
    assert surroundings.owns(str(tmp_path))
    assert surroundings.owns(str(tmp_path / "nosuch")) == (os.geteuid() == 0)
    assert not surroundings.is_setgid()


def test_login_names_are_looked_up() -> None:
    assert surroundings.login_name(0) == "root"
    assert surroundings.login_name(2**31 - 7) is None


def test_main_cf_is_read(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text("mail_owner = me\n")
    assert surroundings.configuration(str(tmp_path)).value("mail_owner") == "me"
    with pytest.raises(ConfigError):
        surroundings.configuration(str(tmp_path / "nosuch"))


def test_what_a_command_says_goes_to_the_mail_log_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = {"maillog_file": str(tmp_path / "log"), "queue_directory": str(tmp_path)}
    log = surroundings.open_log(MainCf(str(tmp_path), settings), "postsuper")
    log.warning("x")
    assert capfd.readouterr().err == "postsuper: warning: x\n"
    assert " postfix/postsuper[" in (tmp_path / "log").read_text()


def test_a_program_that_cannot_be_run_is_fatal() -> None:
    with pytest.raises(FatalError, match="execv /nosuch: No such file or directory"):
        surroundings.replace_process("/nosuch", ["nosuch"])
