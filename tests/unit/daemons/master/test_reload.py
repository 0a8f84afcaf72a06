from __future__ import annotations

from pathlib import Path

import pytest

from pymail.config.main_cf import MainCf
from pymail.config.version import PYMAIL_VERSION
from pymail.daemons.master.params import MasterParams
from pymail.daemons.master.plumbing import Network
from pymail.daemons.master.reload import Configurator, installed_version, keep_fixed
from pymail.daemons.master.supervise import Supervisor, Surroundings
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from tests.support.processes import make_conf

MASTER_CF = "a unix - n n - 1 local\nb unix - n n - - local\nb unix - n n - 2 local\n0 inet n - n - - local\n"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("private", "public", "pid"):
        (tmp_path / name).mkdir()
    (tmp_path / "master.cf").write_text(MASTER_CF)
    write_main_cf(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_main_cf(folder: Path, *lines: str) -> None:
    base = [f"queue_directory = {folder}", "inet_interfaces = 127.0.0.1", "inet_protocols = ipv4", *lines]
    (folder / "main.cf").write_text("\n".join(base) + "\n")


class World:
    """A master's parts without its loop."""

    def __init__(self, folder: Path) -> None:
        self.sink = MemorySink()
        self._log = log = Log("postfix/master", self.sink)
        self.conf = MainCf.load(str(folder))
        self.params = MasterParams(self.conf)
        self.supervisor = Supervisor(self.params, Surroundings(str(folder), {}, None, log))
        self.supervisor.mains = {"local": lambda _invocation: None}
        self.configurator = Configurator(str(folder), Network(self.params), None, log)

    def start(self) -> None:
        self.configurator.apply(self.supervisor, self.configurator.read(self.conf, self.params))

    @property
    def names(self) -> list[str]:
        return sorted(running.service.name for running in self.supervisor.services.values())

    @property
    def log(self) -> list[str]:
        self._log.flush()
        return [f"{severity}: {text}" for severity, text in self.sink.lines]


def test_all_entries_run_and_a_double_one_is_said_so(folder: Path) -> None:
    world = World(folder)
    world.start()
    assert world.names == ["0", "private/a", "private/b"]
    running = world.supervisor.services["private/b", "unix"]
    assert running.service.maxproc == 2
    assert world.log == ['warning: duplicate master.cf entry for service "b" (private/b) -- using the last entry']


def test_a_reload_starts_changes_and_ends_services(folder: Path) -> None:
    world = World(folder)
    world.start()
    kept = world.supervisor.services["private/a", "unix"].ends.listeners[0]
    (folder / "master.cf").write_text("a unix - n n - 7 local\nc unix - n n - - local\n")
    world.configurator.reload(world.supervisor)
    assert world.names == ["private/a", "private/c"]
    running = world.supervisor.services["private/a", "unix"]
    assert running.ends.listeners[0] is kept
    assert running.service.maxproc == 7
    assert not (folder / "private/b").exists()
    assert any(line.startswith("info: reload -- version ") for line in world.log)


@pytest.mark.parametrize("text", ["a unix - n\n", "a unix x n n - - local\n"], ids=["short", "bad-field"])
def test_a_wrong_master_cf_is_reported_and_the_old_one_stays(folder: Path, text: str) -> None:
    world = World(folder)
    world.start()
    (folder / "master.cf").write_text(text)
    world.configurator.reload(world.supervisor)
    assert world.names == ["0", "private/a", "private/b"]
    assert any(line.startswith("error: ") and "line 1" in line for line in world.log)


def test_what_cannot_change_is_kept_and_said(folder: Path) -> None:
    world = World(folder)
    world.start()
    write_main_cf(folder, "inet_interfaces = all")
    world.configurator.reload(world.supervisor)
    assert world.supervisor.params.inet_interfaces == "127.0.0.1"
    assert "warning: to change inet_interfaces, stop and start Postfix" in world.log


def test_equal_values_are_silent(tmp_path: Path) -> None:
    sink = MemorySink()
    keep_fixed(MasterParams(make_conf(tmp_path)), MasterParams(make_conf(tmp_path)), Log("t", sink))
    assert sink.lines == []


def test_without_protocols_there_are_no_inet_services(folder: Path) -> None:
    write_main_cf(folder, "inet_protocols =")
    world = World(folder)
    world.start()
    assert world.names == ["private/a", "private/b"]
    assert 'warning: disabling all type "inet" services in master.cf' in world.log


def test_the_installed_version_is_read_from_the_file() -> None:
    assert installed_version() == PYMAIL_VERSION
