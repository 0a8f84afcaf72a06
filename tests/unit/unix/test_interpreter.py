from __future__ import annotations

import subprocess

from pymail.unix.interpreter import module_command


def test_the_module_runs_isolated_with_its_arguments() -> None:
    argv = [*module_command("pymail.commands.postlog"), "-p", "nonsense"]
    done = subprocess.run(argv, capture_output=True, text=True, env={}, cwd="/", check=False)
    assert done.returncode == 1
    assert done.stderr == 'postlog: fatal: bad severity: "nonsense"\n'
