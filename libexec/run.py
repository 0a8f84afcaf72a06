"""Run a command with all installed packages: `python -I run.py NAME ARGUMENT...`. See bin/."""

import sys
from importlib import import_module
from os.path import abspath, dirname

name = sys.argv[1]
sys.path.insert(0, dirname(dirname(abspath(__file__))))
sys.argv[:2] = [name]
sys.exit(import_module(f"pymail.commands.{name}").main())
