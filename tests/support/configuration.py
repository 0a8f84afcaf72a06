"""A main.cf for unit tests, without looking at this machine's."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pymail.config.main_cf import MainCf


def configuration(settings: dict[str, str]) -> MainCf:
    """Return main.cf with *settings*, for the host mx.test."""
    values = {"compatibility_level": "3.6", "myhostname": "mx.test", "mydomain": "test", "mynetworks": "127.0.0.0/8"}
    text = "".join(f"{name} = {value}\n" for name, value in {**values, **settings}.items())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.cf").write_text(text)
        return MainCf.load(folder)
