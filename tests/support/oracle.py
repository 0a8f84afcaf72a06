"""The distribution's Postfix, unpacked beside us: what we are compared with.

`PYMAIL_POSTFIX` names the folder into which the packages postfix and postfix-lmdb were unpacked (`dpkg -x`); without it
`build/postfix` of the checkout is used. Nothing of it is installed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def postfix_root() -> Path | None:
    """Return the folder of the unpacked Postfix, or None."""
    root = Path(os.environ.get("PYMAIL_POSTFIX", ROOT / "build" / "postfix"))
    return root if (root / "usr/sbin/postconf").exists() else None


def environment(root: Path) -> dict[str, str]:
    """Return the environment in which its programs find their libraries."""
    return {**os.environ, "LD_LIBRARY_PATH": str(root / "usr/lib/postfix")}


needs_postfix = pytest.mark.skipif(postfix_root() is None, reason="no Postfix is unpacked in build/postfix")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="Postfix runs as root only")
