"""postalias as a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from pymail.commands import postalias


def test_build_and_query(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.cf").write_text(f"compatibility_level = 3.6\nmaillog_file = {tmp_path}/log\n")
    source = tmp_path / "aliases"
    source.write_text("postmaster: root\na@b: c\n")
    assert postalias.main(["-c", str(tmp_path), f"lmdb:{source}"]) == 0
    assert capfd.readouterr().err == (
        f"postalias: warning: {source}, line 2: name must be local and have no domain part -- ignoring this line\n"
    )
    assert postalias.main(["-c", str(tmp_path), "-q", "Postmaster", f"lmdb:{source}"]) == 0
    assert capfd.readouterr().out == "root\n"


def test_a_message_is_not_cut(capfd: pytest.CaptureFixture[str]) -> None:
    assert postalias.main(["-b", "x"]) == 1
    assert "usage: postalias" in capfd.readouterr().err
