"""Every daemon works in a root directory that holds nothing but the queue: it has all modules and files before that."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.children import daemons
from tests.support.instance import Instance
from tests.support.oracle import needs_root
from tests.support.sink import smtp_sink
from tests.support.tracing import needs_strace, traced_whole
from tests.support.whole_system import SERVICES, exercise, running_system, settings

pytestmark = [needs_root, needs_strace]

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


@dataclass(frozen=True)
class Chrooted:
    """A system that has delivered, deferred, returned, listed and refused mail, and the files that it asked for."""

    instance: Instance
    trace: str


@pytest.fixture(name="chrooted", scope="module")
def chrooted_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrooted]:
    output = tmp_path_factory.mktemp("trace") / "calls"
    with pytest.MonkeyPatch.context() as environ, smtp_sink() as sink:
        environ.setenv("TZ", "Asia/Kolkata")
        with running_system(settings(sink.port), SERVICES, chroot=True) as instance:
            with traced_whole(instance, "-o", str(output), "-e", "trace=chroot,openat,newfstatat,readlink"):
                exercise(instance, sink)
            yield Chrooted(instance, output.read_text())


def test_they_are_where_master_cf_says(chrooted: Chrooted) -> None:
    found = {daemon.name: daemon for daemon in daemons(chrooted.instance)}
    assert set(found) >= CHROOTED | {"local"}
    for name, daemon in found.items():
        if name in CHROOTED:
            assert (name, daemon.root()) == (name, str(chrooted.instance.queue))
            assert daemon.user() != 0
    assert found["local"].root() == "/"


def test_nothing_is_missing_there(chrooted: Chrooted) -> None:
    trouble = re.findall(r".*(?:Traceback|Error:|unknown encoding|panic|fatal).*", chrooted.instance.log)
    assert not trouble


def test_no_module_is_looked_for_there(chrooted: Chrooted) -> None:
    """Not even in vain: an import that fails may hide in an `except ImportError`."""
    inside: set[str] = set()
    calls = 0
    looked = []
    for line in chrooted.trace.splitlines():
        pid, call = line.split(None, 1)
        if call.startswith("chroot("):
            inside.add(pid)
        elif pid in inside:
            calls += 1
            if re.search(r"python|\.py|site-packages|/usr/|/lib/", call):
                looked.append(line)
    assert len(inside) >= 8
    assert calls > 50
    assert not looked


def test_nothing_is_made_there(chrooted: Chrooted) -> None:
    assert not {"usr", "etc", "lib", "dev", "proc", "tmp"} & set(os.listdir(chrooted.instance.queue))


def test_the_time_zone_is_known_there(chrooted: Chrooted) -> None:
    mailbox = (chrooted.instance.mail / "root").read_text(errors="surrogateescape")
    received = re.findall(r"Received:.*\n(?:[ \t].*\n)*", mailbox)
    assert received
    assert all("+0530 (IST)" in field for field in received), received
