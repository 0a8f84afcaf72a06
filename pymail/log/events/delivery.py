"""The recipient line, which all delivery agents share: what became of one recipient, and where the time went.

ID: to=<R>[, orig_to=<O>], relay=R[, conn_use=N], delay=T, delays=a/b/c/d, dsn=X.Y.Z, status=S (REASON)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pymail.mail.quoting import quote


class Stations(Protocol):
    """When the message passed each station, in epoch seconds; 0 = it did not. `ipc.delivery.MsgStats` is one."""

    @property
    def incoming_arrival(self) -> float: ...  # noqa: D102
    @property
    def active_arrival(self) -> float: ...  # noqa: D102
    @property
    def agent_handoff(self) -> float: ...  # noqa: D102
    @property
    def conn_setup_done(self) -> float: ...  # noqa: D102
    @property
    def deliver_done(self) -> float: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Moments:
    """The plain `Stations`."""

    incoming_arrival: float
    active_arrival: float
    agent_handoff: float
    conn_setup_done: float
    deliver_done: float


@dataclass(frozen=True, slots=True)
class RecipientEvent:
    """What became of one recipient. Addresses in internal form; *status* is Postfix's word (`sent`, ...)."""

    queue_id: str
    recipient: str
    original: str
    relay: str
    moments: Stations
    reuse_count: int
    dsn: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class LineStyle:
    """Parameters of the line: `info_log_address_format` and `delay_logging_resolution_limit`."""

    address_format: str = "external"
    resolution: int = 2

    def address(self, internal: str) -> str:
        """Return an address as the log shows it (without the angle brackets)."""
        return internal if self.address_format == "internal" else quote(internal)


def format_delay(seconds: float, resolution: int = 2) -> str:
    """Return a delay: two significant digits, at most *resolution* decimals, no trailing zeros, `0` below zero."""
    if seconds <= 0:
        return "0"
    decimals = resolution if seconds < 1 else min(resolution, 1) if seconds < 10 else 0
    scale = 10**decimals
    text = f"{int(seconds * scale + 0.5) / scale:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def delays(moments: Stations) -> tuple[float, float, float, float, float]:
    """Return the total delay, and its parts: before the queue manager, in the queue, connecting, transmitting."""
    done = moments.deliver_done
    arrival = moments.incoming_arrival
    total = done - arrival
    if not moments.active_arrival:
        return total, total, 0.0, 0.0, 0.0
    before = moments.active_arrival - arrival
    if not moments.agent_handoff:
        return total, before, done - moments.active_arrival, 0.0, 0.0
    queued = moments.agent_handoff - moments.active_arrival
    if not moments.conn_setup_done:
        return total, before, queued, 0.0, done - moments.agent_handoff
    return total, before, queued, moments.conn_setup_done - moments.agent_handoff, done - moments.conn_setup_done


def recipient_line(event: RecipientEvent, style: LineStyle) -> str:
    """Return the line for one recipient."""
    limit = style.resolution
    total, *parts = delays(event.moments)
    original = ""
    if event.original and event.original.lower() != event.recipient.lower():
        original = f", orig_to=<{style.address(event.original)}>"
    use = f", conn_use={event.reuse_count + 1}" if event.reuse_count > 0 else ""
    return (
        f"{event.queue_id}: to=<{style.address(event.recipient)}>{original}, relay={event.relay}{use}, "
        f"delay={format_delay(total, limit)}, delays={'/'.join(format_delay(part, limit) for part in parts)}, "
        f"dsn={event.dsn}, status={event.status} ({event.reason})"
    )
