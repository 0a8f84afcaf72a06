"""newaliases(1): build the alias databases that alias_database names. The same as `sendmail -bi`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pymail.commands import postalias
from pymail.config.find import config_directory
from pymail.config.main_cf import ConfigError, MainCf
from pymail.config.params.maps import MapsParams
from pymail.util.matchlist import split_list


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status. Options of Sendmail's newaliases are taken and ignored."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    override = next((word[3:] for word in arguments if word.startswith("-oA")), "")
    directory = config_directory(None, os.environ)
    try:
        databases = split_list(override or MapsParams(MainCf.load(directory)).alias_database)
    except ConfigError as error:
        sys.stderr.write(f"newaliases: fatal: {error}\n")
        return 1
    return postalias.main(["-c", directory, "--", *databases]) if databases else 0


if __name__ == "__main__":
    sys.exit(main())
