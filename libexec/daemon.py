"""Run a daemon by itself, as a foreign master or `sendmail -bs` does: `python -I daemon.py NAME OPTION...`."""

import sys
from os.path import abspath, dirname

sys.path.insert(0, dirname(dirname(abspath(__file__))))

from pymail.server.launch import main  # noqa: E402  # after the path is set

name = sys.argv[1]
sys.argv[:2] = [name]
main(name)
