"""pymail.config.version"""

from __future__ import annotations

import tomllib
from pathlib import Path

from pymail.config.version import PYMAIL_VERSION


def test_the_release_is_that_of_the_distribution() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert project["project"]["version"] == PYMAIL_VERSION
