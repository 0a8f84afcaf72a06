"""A recipient of a message, as queue manager, delivery agents and bounce services pass it on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient; addresses are in internal spelling."""

    address: str
    #: The address before rewriting and aliasing; empty when it is not known.
    original: str = ""
    #: Queue file offset of its `R` record; 0 when it has none.
    offset: int = 0
    #: DSN ORCPT as `type;address`, decoded; empty when absent.
    dsn_orig_rcpt: str = ""
    #: DSN NOTIFY mask (`mail.dsn.NOTIFY_*`), 0 when not given.
    notify: int = 0
