"""The command line of pymail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.commands.pymail import main, parse, version
from pymail.config.version import MAIL_VERSION, PYMAIL_VERSION


def test_the_sandbox_is_in_the_current_directory_unless_told() -> None:
    assert parse(["demo"]).directory == Path("sandbox")
    assert parse(["demo", "--directory", "/x"]).directory == Path("/x")


@pytest.mark.parametrize(("argv", "foreground"), [(["demo"], False), (["demo", "--foreground"], True)])
def test_the_demo_can_stay_in_the_foreground(argv: list[str], *, foreground: bool) -> None:
    assert parse(argv).foreground is foreground


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["demo", "--nonsense"]], ids=["none", "command", "option"])
def test_a_wrong_command_line_is_a_usage_error(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse(argv)
    assert end.value.code == os.EX_USAGE
    assert "usage: pymail" in capsys.readouterr().err


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse(["--help"])
    assert end.value.code == 0
    assert "demo" in capsys.readouterr().out


def test_version_names_our_release_and_the_one_that_we_follow(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"{version()}\n"
    assert f"pymail {PYMAIL_VERSION}" in version()
    assert MAIL_VERSION in version()


def test_a_folder_of_others_fails_the_demo_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").touch()
    assert main(["demo", "--directory", str(tmp_path)]) == 1
    assert "thesis.txt" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
