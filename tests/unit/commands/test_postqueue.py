"""postqueue. Its words and listings are compared with Postfix's in tests/interop."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from pymail.ipc import showq
from pymail.ipc.showq import ListedMessage, ListedRecipient
from pymail.proto import attr
from tests.support.command_line import QueueFolder
from tests.support.stub_service import stub_service

GOLDEN = Path(__file__).parents[2] / "golden/queue"
LISTING = b"""\
-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------
18BD254031C     148 Sat Nov 21 06:05:55  alice@sender.test
                                         stopped@relay.test

-- 0 Kbytes in 1 Request.
"""
DOWN = "postqueue: warning: Mail system is down -- accessing queue directly (Connect to the Postfix showq service: {})"


@pytest.fixture
def folder(tmp_path: Path) -> QueueFolder:
    made = QueueFolder(tmp_path)
    shutil.copy(GOLDEN / "17-maildrop.maildrop.18BD254031C", made.queue / "maildrop/18BD254031C")
    (made.queue / "maildrop/18BD254031C").chmod(0o744)
    return made


def test_with_the_mail_system_down_the_queue_is_read(folder: QueueFolder) -> None:
    done = folder.run("postqueue", "-p")
    assert (done.returncode, done.stdout) == (0, LISTING)
    assert folder.said(done) == [DOWN.format("No such file or directory")]


def test_a_dead_socket_means_down(folder: QueueFolder) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder.queue / "public/showq"))
    assert folder.said(folder.run("postqueue", "-j")) == [DOWN.format("Connection refused")]


def test_showq_is_asked(folder: QueueFolder) -> None:
    recipients = [ListedRecipient("stopped@relay.test")]
    message = ListedMessage("maildrop", "18BD254031C", 1795241155, 148, False, "alice@sender.test", recipients)
    octets = attr.announcement(showq.PROTOCOL) + showq.encode_message(message) + showq.END

    def serve(client: socket.socket) -> None:
        for place in range(0, len(octets), 7):
            client.sendall(octets[place : place + 7])

    with stub_service(folder.queue / "public/showq", serve):
        done = folder.run("postqueue", "-p")
    assert (done.returncode, done.stdout, done.stderr) == (0, LISTING, b"")


@pytest.mark.parametrize("octets", [b"", attr.announcement("x"), attr.announcement(showq.PROTOCOL) + b"a\0b\0\0"])
def test_a_reply_that_is_no_listing_is_fatal(folder: QueueFolder, octets: bytes) -> None:
    with stub_service(folder.queue / "public/showq", lambda client: client.sendall(octets)):
        done = folder.run("postqueue", "-p")
    assert (done.returncode, folder.said(done)) == (69, ["postqueue: fatal: malformed showq server response"])


@pytest.mark.parametrize("arguments", [[], ["-p", "-j"], ["-p", "x"], ["-v"]])
def test_exactly_one_action_is_wanted(folder: QueueFolder, arguments: list[str]) -> None:
    done = folder.run("postqueue", *arguments)
    assert (done.returncode, folder.said(done)[0][:31]) == (69, "postqueue: fatal: usage: postqu")


def test_the_configuration_can_be_named(folder: QueueFolder) -> None:
    done = folder.run("postqueue", "-c", str(folder.etc), "-p", MAIL_CONFIG="/nonexistent")
    assert done.stdout == LISTING
