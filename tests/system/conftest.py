"""Mail systems for system tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.instance import Instance, scratch_folder

MakeSystem = Callable[..., Instance]


@pytest.fixture(name="mail_system")
def mail_system_fixture() -> Iterator[MakeSystem]:
    """A function that makes and starts an instance of ours with some settings; all are stopped at the end."""
    instances: list[Instance] = []
    with scratch_folder() as folder:

        def make(settings: dict[str, str] | None = None, services: str = "", *, start: bool = True) -> Instance:
            home = folder / str(len(instances))
            home.mkdir()
            instance = Instance(home, settings, services)
            instances.append(instance)
            if start:
                instance.start()
            return instance

        try:
            yield make
        finally:
            for instance in instances:
                instance.stop()
