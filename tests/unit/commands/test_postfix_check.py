from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pymail.commands import postfix_check
from pymail.commands.postfix_check import CheckParams, Owners, make_missing
from pymail.config.main_cf import MainCf
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from tests.support.processes import in_child, make_conf

MODES = {"maildrop": 0o730, "public": 0o710, "private": 0o700, "incoming": 0o700, "pid": 0o755, "saved": 0o700}


def params(folder: Path, **settings: str) -> CheckParams:
    folder.mkdir(exist_ok=True)
    conf = make_conf(folder, **{"queue_directory": str(folder / "q"), "data_directory": str(folder / "d"), **settings})
    return CheckParams(conf)


def test_missing_folders_are_made_with_their_modes_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        make_missing(params(tmp_path), Owners())
    finally:
        os.umask(old)
    assert {name: stat.S_IMODE((tmp_path / "q" / name).stat().st_mode) for name in MODES} == MODES
    assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o700


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    make_missing(params(tmp_path), Owners())
    (tmp_path / "q/maildrop").chmod(0o1730)
    make_missing(params(tmp_path), Owners())
    assert stat.S_IMODE((tmp_path / "q/maildrop").stat().st_mode) == 0o1730


def test_a_folder_that_cannot_be_made_is_fatal(tmp_path: Path) -> None:
    (tmp_path / "q").write_text("in the way")
    with pytest.raises(FatalError, match="unable to create missing queue directories"):
        make_missing(params(tmp_path), Owners())


def test_a_missing_master_cf_is_fatal(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"no .*/master.cf file found"):
        postfix_check.check(params(tmp_path), Log("t", MemorySink()), thorough=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="owners")
def test_root_gives_folders_to_the_accounts_and_warns_about_others(tmp_path: Path) -> None:
    (tmp_path / "master.cf").touch()
    (tmp_path / "main.cf").touch()
    settings = params(tmp_path, mail_owner="nobody", setgid_group="mail", command_directory=str(tmp_path))
    sink = MemorySink()
    postfix_check.check(settings, Log("t", sink), thorough=False)
    assert sink.lines == []
    assert (tmp_path / "q/public").stat().st_uid == 65534
    assert (tmp_path / "q/pid").stat().st_uid == 0
    os.chown(tmp_path / "q/active", 0, 0)
    (tmp_path / "q/pid").chmod(0o777)
    postfix_check.check(settings, Log("t", sink), thorough=True)
    texts = [text for _severity, text in sink.lines]
    assert f"not owned by nobody: {tmp_path}/q/active" in texts
    assert f"group or other writable: {tmp_path}/q/pid" in texts
    assert f"not set-gid or not owner+group+world executable: {tmp_path}/postdrop" in texts


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give it up")
def test_without_root_owners_do_not_matter() -> None:
    def run() -> None:
        os.setuid(65534)
        assert postfix_check.owners(CheckParams(MainCf("/nonexistent", {"mail_owner": "no-such-user"}))) == Owners()

    with in_child(run) as child:
        assert child.wait() == 0
