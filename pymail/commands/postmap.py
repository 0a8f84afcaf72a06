"""postmap(1): build and query lookup tables from `key value` sources."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from pymail.commands import table_tool
from pymail.commands.table_tool import Dialect
from pymail.tables.source import postmap_entries

POSTMAP: Final = Dialect(
    program="postmap",
    options="bc:d:fFhijmnNopq:rsuUvw",
    usage="[-bfFhijmnNoprsuUvw] [-c config_dir] [-d key] [-q key] [map_type:]file...",
    separator="\t",
    read_entries=postmap_entries,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    return table_tool.main(POSTMAP, argv)


if __name__ == "__main__":
    sys.exit(main())
