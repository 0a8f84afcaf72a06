from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from pymail.log.fatal import FatalError
from pymail.server import startup
from pymail.server.invocation import Invocation
from pymail.server.params import ServerParams
from tests.support.processes import in_child, make_invocation

is_root = os.geteuid() == 0


class Recorder:
    """A daemon that notes where it was before the jail."""

    def __init__(self) -> None:
        self.place = ""

    def before_jail(self, invocation: Invocation) -> None:
        self.place = os.getcwd()


@pytest.mark.parametrize(
    ("fields", "limit", "reason"),
    [
        pytest.param({}, 1, "service tiny requires a process limit of 1", id="has-to-be-alone"),
        pytest.param({}, 0, "service tiny requires a process limit of 0", id="has-to-be-unlimited"),
        pytest.param({"transport": "fifo"}, None, "unsupported transport type: fifo", id="wrong-type"),
    ],
)
def test_a_wrong_entry_of_master_cf_is_fatal(
    tmp_path: Path, fields: dict[str, Any], limit: int | None, reason: str
) -> None:
    with pytest.raises(FatalError) as caught:
        startup.check(make_invocation(tmp_path, **fields), ("inet", "unix"), limit)
    assert str(caught.value) == reason


@pytest.mark.parametrize(("fields", "limit"), [({"alone": True}, 1), ({"unlimited": True}, 0), ({}, None)])
def test_a_right_entry_passes(tmp_path: Path, fields: dict[str, Any], limit: int | None) -> None:
    startup.check(make_invocation(tmp_path, **fields), ("unix",), limit)


def test_before_jail_runs_in_the_queue_directory(tmp_path: Path) -> None:
    daemon = Recorder()

    def start() -> None:
        startup.prepare(make_invocation(tmp_path), daemon, ("unix",))
        assert daemon.place == str(tmp_path)

    with in_child(start) as child:
        assert child.wait() == 0


def test_a_missing_queue_directory_is_fatal(tmp_path: Path) -> None:
    invocation = make_invocation(tmp_path, {"queue_directory": str(tmp_path / "none")})
    with pytest.raises(FatalError, match="chdir"):
        startup.prepare(invocation, Recorder(), ("unix",))


@pytest.mark.skipif(not is_root, reason="changes user")
def test_root_becomes_mail_owner_in_its_jail(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    invocation = make_invocation(tmp_path, {"mail_owner": "nobody"}, unprivileged=True, chroot=True)

    def start() -> None:
        startup.drop(invocation, ServerParams(invocation.conf))
        assert os.getresuid() == (65534,) * 3
        assert "pid" in os.listdir("/")
        assert os.getcwd() == "/"

    with in_child(start) as child:
        assert child.wait() == 0


@pytest.mark.skipif(not is_root, reason="only root changes user")
def test_an_unknown_mail_owner_is_fatal(tmp_path: Path) -> None:
    invocation = make_invocation(tmp_path, {"mail_owner": "no-such-user"}, unprivileged=True)
    with pytest.raises(FatalError, match="no-such-user"):
        startup.drop(invocation, ServerParams(invocation.conf))


def test_the_lock_file_has_type_and_name_of_the_service(tmp_path: Path) -> None:
    invocation = make_invocation(tmp_path, service="smtp", transport="inet")
    fd = startup.open_lock(invocation, ServerParams(invocation.conf))
    assert fd is not None
    os.close(fd)
    assert stat.S_IMODE((tmp_path / "pid/inet.smtp").stat().st_mode) == 0o600


def test_a_process_that_is_alone_needs_no_lock(tmp_path: Path) -> None:
    invocation = make_invocation(tmp_path, alone=True)
    assert startup.open_lock(invocation, ServerParams(invocation.conf)) is None


def test_what_python_imports_late_is_there_early() -> None:
    startup.import_late()
    assert {"encodings.idna", "concurrent.futures.thread", "stringprep"} <= set(sys.modules)


@pytest.mark.skipif(not is_root, reason="nothing to refuse without root")
def test_an_agent_that_needs_root_refuses_to_run_without(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="requires privileged operation"):
        startup.refuse_unprivileged(make_invocation(tmp_path, unprivileged=True))
    startup.refuse_unprivileged(make_invocation(tmp_path, unprivileged=False))
