"""Where our programs are: of this checkout or installation, whatever main.cf says of Postfix's folders. Light."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from pymail.config.main_cf import MainCf

ROOT: Final = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def program_path(name: str, conf: MainCf) -> str:
    """Return the path of our command *name*: of this checkout or installation, else in command_directory."""
    for folder in (f"{ROOT}/bin", os.path.dirname(sys.executable)):
        path = f"{folder}/{name}"
        if os.path.exists(path):
            return path
    return f"{conf.value('command_directory', '/usr/sbin')}/{name}"


def setgid_path(name: str, conf: MainCf) -> str:
    """Return the path of *name* for a caller who needs its set-gid launcher."""
    path = f"{conf.value('command_directory', '/usr/sbin')}/{name}"
    return path if os.path.exists(path) else program_path(name, conf)


def daemon_command(program: str) -> list[str]:
    """Return the argument list that runs our daemon *program* by itself."""
    launcher = f"{ROOT}/libexec/daemon.py"
    if os.path.exists(launcher):
        return [sys.executable, "-I", launcher, program]
    return [sys.executable, "-I", "-c", f"from pymail.server.launch import main; main({program!r})"]
