"""Our system and the distribution's Postfix on one queue directory, each with its own configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.instance import Instance, OracleInstance


@dataclass(frozen=True)
class SharedQueue:
    """Two systems that have the queue, the mailboxes and the settings in common; at most one of them runs."""

    ours: Instance
    postfix: OracleInstance

    def configure(self, settings: Mapping[str, str]) -> None:
        """Change both."""
        for instance in (self.ours, self.postfix):
            instance.settings |= settings
            instance.configure()

    def stop(self) -> None:
        """Stop what runs."""
        self.ours.stop()


def share_queue(folder: Path, settings: Mapping[str, str]) -> SharedQueue:
    """Make the two in *folder*; neither is started."""
    for name in ("ours", "postfix"):
        (folder / name).mkdir()
    ours = Instance(folder / "ours", dict(settings))
    common = {"queue_directory": str(ours.queue), "mail_spool_directory": str(ours.mail)}
    exported = {"export_environment": "TZ MAIL_CONFIG LANG LD_LIBRARY_PATH"}
    postfix = OracleInstance(folder / "postfix", {**settings, **common, **exported})
    postfix.queue, postfix.mail = ours.queue, ours.mail
    return SharedQueue(ours, postfix)
