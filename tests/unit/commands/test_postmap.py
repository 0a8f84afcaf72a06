"""postmap as a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from pymail.commands import postmap


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "main.cf").write_text(f"compatibility_level = 3.6\nmaillog_file = {tmp_path}/log\n")
    return tmp_path


def test_build_and_query(config: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    source = config / "t"
    source.write_bytes(b"A caf\xc3\xa9\n")
    assert postmap.main(["-c", str(config), f"lmdb:{source}"]) == 0
    assert postmap.main(["-c", str(config), "-q", "a", f"lmdb:{source}"]) == 0
    assert capfdbinary.readouterr().out == b"caf\xc3\xa9\n"
    assert postmap.main(["-c", str(config), "-q", "x", f"lmdb:{source}"]) == 1


def test_a_fatal_error_goes_to_standard_error(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert postmap.main(["-c", str(config), "-q", "x", "xyz:a"]) == 1
    assert capfd.readouterr().err == "postmap: fatal: unsupported dictionary type: xyz\n"


def test_a_bad_command_line_is_fatal(capfd: pytest.CaptureFixture[str]) -> None:
    assert postmap.main(["-Z"]) == 1
    errors = capfd.readouterr().err
    assert errors.startswith("postmap: invalid option -- 'Z'\npostmap: fatal: usage: postmap [-bfFhijmnNoprsuUvw]")
