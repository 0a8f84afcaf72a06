"""The command line that runs another module of this package, from a checkout or an installation."""

from __future__ import annotations

import os
import sys
from typing import Final

#: This file is that far below the folder of the package.
_ROOT_LEVELS: Final = 3


def module_command(module: str, function: str = "main") -> list[str]:
    """Return an argument list that calls *function* of *module* and ends with what it returns.

    The interpreter runs isolated: neither the environment nor the current directory decides what is imported.
    """
    root = os.path.abspath(__file__)
    for _ in range(_ROOT_LEVELS):
        root = os.path.dirname(root)
    code = f"import sys; sys.path.insert(0, {root!r}); from {module} import {function}; sys.exit({function}())"
    return [sys.executable, "-I", "-c", code]
