"""Mail systems that try again quickly, since they are made to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.instance import Instance, scratch_folder
from tests.support.sink import Sink, smtp_sink

MakeSystem = Callable[..., Instance]

#: All that must have come comes within seconds, not within hours.
IMPATIENT = {
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "1s",
    "queue_run_delay": "1s",
    "transport_retry_time": "1s",
    "service_throttle_time": "1s",
    # The dot lock of a local that died.
    "stale_lock_time": "2s",
    "deliver_lock_delay": "1s",
    "default_destination_concurrency_failed_cohort_limit": "100",
    "smtpd_error_sleep_time": "0",
    "smtpd_hard_error_limit": "10000",
    "notify_classes": "",
    "smtpd_client_port_logging": "no",
}


@pytest.fixture(name="mail_system")
def mail_system_fixture() -> Iterator[MakeSystem]:
    """A function that makes an instance of ours with some settings; all are stopped at the end."""
    instances: list[Instance] = []
    with scratch_folder() as folder:

        def make(settings: dict[str, str] | None = None, services: str = "", *, start: bool = True) -> Instance:
            home = folder / str(len(instances))
            home.mkdir()
            instance = Instance(home, {**IMPATIENT, **(settings or {})}, services)
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
