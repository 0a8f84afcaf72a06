"""Every daemon works in a root directory that holds nothing but the queue: it has all modules and files before that."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from tests.support.children import daemons
from tests.support.instance import Instance
from tests.support.oracle import needs_root
from tests.support.sink import smtp_sink
from tests.support.whole_system import SERVICES, exercise, running_system, settings

pytestmark = needs_root

#: What only runs as long as it has something to do may be gone when we look.
CHROOTED = {
    "smtpd",
    "pickup",
    "cleanup",
    "qmgr",
    "trivial-rewrite",
    "bounce",
    "smtp",
    "showq",
    "error",
    "discard",
    "proxymap",
}


@pytest.fixture(name="chrooted", scope="module")
def chrooted_fixture() -> Iterator[Instance]:
    """A system that has delivered, deferred, returned, listed and refused mail."""
    with (
        pytest.MonkeyPatch.context() as environ,
        smtp_sink() as sink,
    ):
        environ.setenv("TZ", "Asia/Kolkata")
        with running_system(settings(sink.port), SERVICES, chroot=True) as instance:
            exercise(instance, sink)
            yield instance


def test_they_are_where_master_cf_says(chrooted: Instance) -> None:
    found = {daemon.name: daemon for daemon in daemons(chrooted)}
    assert set(found) >= CHROOTED | {"local"}
    for name, daemon in found.items():
        if name in CHROOTED:
            assert (name, daemon.root()) == (name, str(chrooted.queue))
            assert daemon.user() != 0
    assert found["local"].root() == "/"


def test_nothing_is_missing_there(chrooted: Instance) -> None:
    trouble = re.findall(r".*(?:Traceback|Error:|unknown encoding|panic|fatal).*", chrooted.log)
    assert not trouble


def test_nothing_is_made_there(chrooted: Instance) -> None:
    assert not {"usr", "etc", "lib", "dev", "proc", "tmp"} & set(os.listdir(chrooted.queue))


def test_the_time_zone_is_known_there(chrooted: Instance) -> None:
    mailbox = (chrooted.mail / "root").read_text(errors="surrogateescape")
    received = re.findall(r"Received:.*\n(?:[ \t].*\n)*", mailbox)
    assert received
    assert all("+0530 (IST)" in field for field in received), received
