"""Our system and the distribution's Postfix beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.instance import Instance, OracleInstance, scratch_folder
from tests.support.sink import Sink, smtp_sink

#: Makes an instance: its kind, its settings and services; with `start=False` it is not started.
MakeSystem = Callable[..., Instance]


@pytest.fixture(name="make_system", scope="module")
def make_system_fixture() -> Iterator[MakeSystem]:
    """A function that makes and starts instances of either kind; all are stopped at the end of the module."""
    instances: list[Instance] = []
    with scratch_folder() as folder:

        def make(
            kind: type[Instance], settings: dict[str, str] | None = None, services: str = "", *, start: bool = True
        ) -> Instance:
            home = folder / str(len(instances))
            home.mkdir()
            # Its sendmail runs postdrop, which finds its libraries by the environment.
            own = {"export_environment": "TZ MAIL_CONFIG LANG LD_LIBRARY_PATH"} if kind is OracleInstance else {}
            instance = kind(home, {**own, **(settings or {})}, services)
            instances.append(instance)
            if start:
                instance.start()
            return instance

        try:
            yield make
        finally:
            for instance in instances:
                instance.stop()


@pytest.fixture(name="sink")
def sink_fixture() -> Iterator[Sink]:
    """A server to which everything may be relayed."""
    with smtp_sink() as sink:
        yield sink
