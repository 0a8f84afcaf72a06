"""pymail: what Postfix has no command for.

    pymail demo [--foreground] [--directory DIR]
    pymail version

`demo` lets mail flow through two instances in ./sandbox (see demo.py). `version` prints the releases that matter.
Status 0; 1 when the demo failed; 64 for a wrong command line.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from pymail.commands import demo
from pymail.commands.demo_instance import DemoError
from pymail.config.version import MAIL_VERSION, PYMAIL_VERSION


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Understand the command line; a wrong one ends the process with status 64."""
    parser = argparse.ArgumentParser(prog="pymail", description="What Postfix has no command for.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    show = commands.add_parser("demo", help="let mail flow through two private instances")
    show.add_argument("--foreground", action="store_true", help="leave one instance running until Ctrl-C")
    show.add_argument("--directory", type=Path, default=Path("sandbox"), help="where to make them (default: ./sandbox)")
    commands.add_parser("version", help="print the releases that matter")
    try:
        return parser.parse_args(argv)
    except SystemExit as end:
        sys.exit(os.EX_USAGE if end.code else 0)


def version() -> str:
    """Return the text of `pymail version`."""
    return (
        f"pymail {PYMAIL_VERSION}\n"
        f"follows Postfix {MAIL_VERSION}\n"
        f"Python {platform.python_version()} ({sys.executable})"
    )


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Treat SIGTERM as Ctrl-C, so that what runs is stopped."""
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    options = parse(sys.argv[1:] if argv is None else argv)
    if options.command == "version":
        print(version())
        return os.EX_OK
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if options.foreground:
            return demo.run_foreground(options.directory.absolute(), sys.stdout)
        return demo.run(options.directory.absolute(), sys.stdout)
    except DemoError as error:
        print(f"pymail demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
