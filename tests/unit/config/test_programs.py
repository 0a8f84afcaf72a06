"""Our programs are found before those of an old main.cf."""

from __future__ import annotations

from pathlib import Path

from pymail.config.programs import ROOT, daemon_command, program_path, setgid_path
from tests.support.configuration import configuration


def test_a_command_of_ours_is_the_checkout_s() -> None:
    assert program_path("postqueue", configuration({"command_directory": "/usr/sbin"})) == f"{ROOT}/bin/postqueue"


def test_what_we_lack_is_in_the_command_directory() -> None:
    assert program_path("nosuch", configuration({"command_directory": "/x"})) == "/x/nosuch"


def test_a_set_gid_launcher_comes_first(tmp_path: Path) -> None:
    (tmp_path / "postdrop").touch()
    assert setgid_path("postdrop", configuration({"command_directory": str(tmp_path)})) == f"{tmp_path}/postdrop"
    assert setgid_path("postqueue", configuration({"command_directory": str(tmp_path)})) == f"{ROOT}/bin/postqueue"


def test_a_daemon_runs_by_its_launcher() -> None:
    command = daemon_command("smtpd")
    assert command[-1] == "smtpd"
    assert Path(command[2]).exists()
