from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pymail.log.fatal import FatalError
from pymail.server import launch
from pymail.server.status import MESSAGE
from tests.support.processes import DEADLINE


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        pytest.param(
            "-n smtp -t inet -u -o stress=",
            {"service": "smtp", "transport": "inet", "unprivileged": True, "overrides": {"stress": ""}},
            id="smtpd",
        ),
        pytest.param("-l -t unix -u", {"service": "x", "alone": True, "transport": "unix"}, id="qmgr"),
        pytest.param("-z -n defer -t unix -u -c", {"unlimited": True, "service": "defer", "chroot": True}, id="defer"),
        pytest.param("-t unix flags=DRX user=vmail", {"arguments": ("flags=DRX", "user=vmail")}, id="pipe"),
        pytest.param(
            "-t inet -s 2 -v -v -m 5 -i 9", {"sockets": 2, "verbose": 2, "max_use": 5, "max_idle": 9}, id="all"
        ),
        pytest.param("-S", {"standalone": True, "transport": ""}, id="stand-alone"),
    ],
)
def test_the_argument_vector_of_postfix_is_understood(argv: str, expected: dict[str, object]) -> None:
    options = launch.parse_options("x", argv.split())
    assert {name: getattr(options, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a=b", ("a", "b"), id="plain"),
        pytest.param("a=", ("a", ""), id="empty"),
        pytest.param("{ a = b c }", ("a", "b c"), id="braces"),
        pytest.param("{-o a=b}", ("a", "b"), id="braces-with-option"),
        pytest.param("a=b=c", ("a", "b=c"), id="equals-in-value"),
    ],
)
def test_an_override_is_split(text: str, expected: tuple[str, str]) -> None:
    assert launch.parse_override(text) == expected


@pytest.mark.parametrize("text", ["nothing", "=value", "process_name=x", "service_name=y"])
def test_a_wrong_override_is_fatal(text: str) -> None:
    with pytest.raises(FatalError, match="invalid"):
        launch.parse_override(text)


def test_an_unknown_option_is_fatal() -> None:
    with pytest.raises(FatalError, match="invalid option: Q"):
        launch.parse_options("x", ["-Q"])


def test_a_daemon_that_is_not_ours_is_said_so() -> None:
    with pytest.raises(FatalError, match="no such daemon"):
        launch.service_main("nosuchdaemon")


PROGRAM = """
import sys, types
from pymail.server import launch, single_server
class Echo:
    def before_jail(self, invocation): self.invocation = invocation
    def after_jail(self, invocation): pass
    def serve(self, client):
        i = self.invocation
        client.sendall(f"{i.program} {i.service} {i.share} {i.flow.count()} {i.conf.value('test_value')}".encode())
module = types.ModuleType("pymail.daemons.flush.service")
module.main = lambda invocation: single_server.run(invocation, Echo())
sys.modules[module.__name__] = module
launch.main("flush")
"""


def test_a_launcher_speaks_the_protocol_of_postfixs_master(tmp_path: Path) -> None:
    """Descriptors 3 to 6 and GENERATION as Postfix's master gives them."""
    (tmp_path / "pid").mkdir()
    (tmp_path / "main.cf").write_text(
        f"queue_directory = {tmp_path}\nmaillog_file = {tmp_path}/log\nmail_owner = root\n"
    )
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()
    master, worker = socket.socketpair()
    read_fd, write_fd = os.pipe2(os.O_NONBLOCK)
    os.write(write_fd, b"\0\0\0")

    def place() -> None:
        fds = [os.dup(fd) for fd in (read_fd, write_fd, worker.fileno(), listener.fileno())]
        high = [os.dup2(fd, 50 + index) for index, fd in enumerate(fds)]
        for index, fd in enumerate(high):
            os.dup2(fd, 3 + index)
        os.closerange(7, 100)

    argv = [sys.executable, "-c", PROGRAM, "-n", "tiny", "-t", "unix", "-o", "test_value=7"]
    environ = {"MAIL_CONFIG": str(tmp_path), "GENERATION": "121", "PYTHONPATH": ":".join(sys.path)}
    process = subprocess.Popen(argv, env=environ, preexec_fn=place, close_fds=False, stdin=subprocess.DEVNULL)
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(DEADLINE)
            client.connect(str(tmp_path / "s"))
            assert client.recv(100) == b"flush tiny 1 3 7"
        master.settimeout(DEADLINE)
        assert MESSAGE.unpack(master.recv(MESSAGE.size)) == (process.pid, 0o121, 0)
        assert MESSAGE.unpack(master.recv(MESSAGE.size)) == (process.pid, 0o121, 1)
        worker.close()
        master.close()
        assert process.wait(DEADLINE) == 0
    finally:
        process.kill()
        process.wait()
