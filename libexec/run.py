"""Run a command with all installed packages: `python -I run.py NAME ARGUMENT...`. See bin/."""

import sys
from os.path import abspath, dirname

name = sys.argv[1]
sys.path.insert(0, dirname(dirname(abspath(__file__))))
sys.argv[:2] = [name]
sys.exit(__import__(f"pymail.commands.{name}", fromlist=("main",)).main())
