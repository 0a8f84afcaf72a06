from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.unix.jail import EffectiveUser, enter
from pymail.unix.users import user_by_name
from tests.support.processes import in_child, open_folder

is_root = os.geteuid() == 0
needs_root = pytest.mark.skipif(not is_root, reason="changes user")


@needs_root
def test_root_cannot_be_had_back(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    nobody = user_by_name("nobody")

    def drop() -> None:
        enter(str(tmp_path), nobody)
        assert os.getresuid() == (nobody.uid,) * 3
        assert os.getresgid() == (nobody.gid,) * 3
        assert 0 not in os.getgroups()
        assert os.getcwd() == "/"
        with pytest.raises(PermissionError):
            os.setuid(0)

    with in_child(drop) as child:
        assert child.wait() == 0


@needs_root
def test_chroot_alone_keeps_the_user(tmp_path: Path) -> None:
    def drop() -> None:
        enter(str(tmp_path), None)
        assert os.geteuid() == 0
        assert os.listdir("/") == []

    with in_child(drop) as child:
        assert child.wait() == 0


@needs_root
def test_files_made_as_another_user_belong_to_that_user() -> None:
    nobody = user_by_name("nobody")
    with open_folder() as folder:
        folder.chmod(0o777)

        def make() -> None:
            with EffectiveUser(nobody):
                (folder / "file").touch()
            assert os.geteuid() == 0

        with in_child(make) as child:
            assert child.wait() == 0
        assert (folder / "file").stat().st_uid == nobody.uid


def test_without_root_only_the_directory_changes() -> None:
    with open_folder() as folder:

        def drop() -> None:
            if is_root:
                os.setuid(65534)
            enter(str(folder), user_by_name("root"))
            assert os.getcwd() == str(folder)
            with EffectiveUser(user_by_name("root")):
                assert os.geteuid() != 0

        with in_child(drop) as child:
            assert child.wait() == 0
