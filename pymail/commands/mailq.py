"""mailq(1): list the queue, as `sendmail -bp`. Light."""

from __future__ import annotations

import sys

from pymail.commands import sendmail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    return sendmail.main(["mailq", *(sys.argv[1:] if argv is None else argv)])
