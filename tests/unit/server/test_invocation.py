from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.support.processes import make_invocation


def test_an_invocation_does_not_change(tmp_path: Path) -> None:
    invocation = make_invocation(tmp_path)
    with pytest.raises(dataclasses.FrozenInstanceError):
        invocation.share = 5  # type: ignore[misc]  # that is the test


def test_without_a_master_one_client_is_served_and_stress_is_unknown(tmp_path: Path) -> None:
    invocation = make_invocation(tmp_path)
    assert (invocation.share, invocation.status, invocation.stress.active) == (1, None, False)
