"""postalias(1): build and query alias databases from `name: value` sources."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from pymail.commands import table_tool
from pymail.commands.table_tool import Dialect
from pymail.tables.alias_source import alias_entries

POSTALIAS: Final = Dialect(
    program="postalias",
    options="c:d:fijnNopq:rsuvw",
    usage="[-fijnNoprsuvw] [-c config_dir] [-d key] [-q key] [map_type:]file...",
    separator=":\t",
    read_entries=alias_entries,
    extra_entries=(("@", "@"),),  # Sendmail looks for it: the database is complete
    ignoring=" -- ignoring this line",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    return table_tool.main(POSTALIAS, argv)


if __name__ == "__main__":
    sys.exit(main())
