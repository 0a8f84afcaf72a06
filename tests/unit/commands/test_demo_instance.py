"""An instance of the demo: its files, and what it refuses to touch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.commands.demo_instance import Deadline, DemoError, DemoInstance, accounts, clear, free_port, program
from pymail.config.main_cf import MainCf
from pymail.config.master_cf import load_master_cf
from pymail.unix import pids


def make(folder: Path) -> DemoInstance:
    instance = DemoInstance(folder / "one", "one.test", 2525)
    instance.configure({"relayhost": "[127.0.0.1]:2526"}, "info: me\n")
    return instance


def test_the_configuration_can_be_read_back(tmp_path: Path) -> None:
    instance = make(tmp_path)
    conf = MainCf.load(str(instance.etc))
    assert conf.value("myorigin") == "one.test"
    assert conf.value("relayhost") == "[127.0.0.1]:2526"
    assert conf.value("queue_directory") == str(tmp_path / "one/queue")
    services = {(entry.name, entry.type): entry for entry in load_master_cf(str(instance.etc / "master.cf"))}
    assert services["127.0.0.1:2525", "inet"].command == "smtpd"
    assert services["qmgr", "unix"].maxproc == 1
    assert (tmp_path / "one/aliases").read_text() == "info: me\n"


def test_a_folder_in_which_sockets_have_no_room_is_refused(tmp_path: Path) -> None:
    instance = DemoInstance(tmp_path / ("x" * 100), "one.test", 2525)
    with pytest.raises(DemoError, match="too long"):
        instance.configure({}, "")


@pytest.mark.ordinary_user
@pytest.mark.skipif(os.geteuid() == 0, reason="an ordinary user's instance")
def test_an_ordinary_user_needs_no_accounts() -> None:
    assert accounts() == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="root's instance")
def test_root_runs_it_with_an_account_that_the_host_has() -> None:
    found = accounts()
    assert found["mail_owner"] in ("postfix", "nobody", "daemon")
    assert found["setgid_group"]


def test_a_port_is_free_and_needs_no_root() -> None:
    assert free_port() > 1023


def test_a_command_comes_from_the_checkout_or_from_beside_the_interpreter() -> None:
    assert Path(program("sendmail")).name == "sendmail"
    assert Path(program("no-such-command")).parent.name == "bin"


def test_waiting_ends_with_a_value() -> None:
    answers = iter(["", "", "there"])
    assert Deadline.after(20).wait_for("it", lambda: next(answers)) == "there"


def test_waiting_ends_at_the_deadline_and_names_what_did_not_come() -> None:
    with pytest.raises(DemoError, match="in vain for the moon"):
        Deadline.after(0).wait_for("the moon", lambda: None)


def test_an_instance_that_never_started_has_no_log_and_stops_cleanly(tmp_path: Path) -> None:
    instance = make(tmp_path)
    assert instance.log == ""
    assert not instance.is_running()
    assert instance.stop()


def test_mailboxes_are_shown_without_their_locks(tmp_path: Path) -> None:
    instance = make(tmp_path)
    (instance.mail / "me").write_text("From me\n")
    (instance.mail / "me.lock").touch()
    assert instance.mailboxes() == {instance.mail / "me": "From me\n"}


def test_an_earlier_sandbox_is_removed(tmp_path: Path) -> None:
    make(tmp_path / "sandbox")
    clear(tmp_path / "sandbox")
    assert not (tmp_path / "sandbox").exists()
    clear(tmp_path / "sandbox")


def test_files_of_others_are_never_removed(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(DemoError, match=r"thesis\.txt"):
        clear(tmp_path)
    assert (tmp_path / "one").exists()


def test_a_running_instance_is_not_removed(tmp_path: Path) -> None:
    instance = make(tmp_path)
    (instance.queue / "pid").mkdir(parents=True)
    lock = pids.create(str(instance.queue / "pid/master.pid"))
    with pytest.raises(DemoError, match="is running"):
        clear(tmp_path)
    os.close(lock)
