"""A small mail system in a folder, stopped, and our commands run on it in their own process, as a user runs them."""

from __future__ import annotations

import getpass
import os
import subprocess
from pathlib import Path

from pymail.proto.record import parse

ROOT = Path(__file__).parents[2]
QUEUES = (
    *("maildrop", "incoming", "active", "deferred", "hold", "defer", "bounce", "trace", "flush", "public", "private"),
)


class QueueFolder:
    """A configuration and an empty queue that belong to whoever runs the tests."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.etc, self.queue = folder / "etc", folder / "queue"
        self.etc.mkdir()
        for name in QUEUES:
            (self.queue / name).mkdir(parents=True)
        self.log = folder / "maillog"
        self.configure(**settings)

    def configure(self, **settings: str) -> None:
        """Write main.cf."""
        values = {
            "queue_directory": str(self.queue),
            "mail_owner": getpass.getuser(),
            "maillog_file": str(self.log),
            "myhostname": "mx.test",
            **settings,
        }
        (self.etc / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in values.items()))

    def run(self, name: str, *arguments: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
        """Run `bin/NAME`."""
        environment = {**os.environ, "MAIL_CONFIG": str(self.etc), "TZ": "UTC", **environ}
        return subprocess.run(
            [str(ROOT / "bin" / name), *arguments],
            env=environment,
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def said(self, done: subprocess.CompletedProcess[bytes]) -> list[str]:
        """Return the lines on standard error, but for the one that says that pickup is not there."""
        lines = done.stderr.decode("utf-8", "surrogateescape").splitlines()
        return [line for line in lines if "unable to look up public/pickup" not in line]

    def submitted(self) -> list[list[tuple[str, bytes]]]:
        """Return the records of the files in the maildrop, but for the time."""
        found = []
        for path in sorted((self.queue / "maildrop").iterdir()):
            assert path.stat().st_mode & 0o777 == 0o744
            found.append([(chr(kind), data) for _, kind, data in parse(path.read_bytes())][1:])
        return found
