"""postconf(1): show and change the configuration.

main.cf parameters (-d -n -e -X -#), master.cf entries (-M), fields (-F) and `-o` settings (-P). Warnings come after the
output, on standard error. Status 0, also for unknown names; 1 for a wrong command line or file.
"""

from __future__ import annotations

import getopt
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TextIO

from pymail.commands import postconf_main, postconf_master
from pymail.commands.postconf_catalog import make_catalog, obsolete_parameters
from pymail.commands.postconf_main import CLASSES, Show, split_setting
from pymail.config.find import config_directory
from pymail.config.main_cf import ConfigError, MainCf
from pymail.config.master_cf import RawEntry, read_entries
from pymail.log.fatal import FatalError

OPTIONS: Final = "aAb:c:C:deEfFhHjlmMno:pPqtT:vxX#"

USAGE: Final = (
    "usage: postconf [-c config_dir] [-C class,...] [-d (parameter defaults)] [-e (edit configuration)]"
    " [-f (fold lines)] [-F (master.cf fields)] [-h (no names)] [-H (no values)] [-l (lock types)] [-m (map types)]"
    " [-M (master.cf)] [-n (non-default parameters)] [-o name=value (override parameter value)] [-p (main.cf, default)]"
    " [-P (master.cf parameters)] [-q (no warnings)] [-v (verbose)] [-x (expand parameter values)] [-X (exclude)]"
    " [-# (comment-out)] [name...]"
)

LOCK_TYPES: Final = ("flock", "fcntl", "dotlock")
MAP_TYPES: Final = ("cidr", "inline", "lmdb", "proxy", "regexp", "static", "texthash", "unix")

#: Options that name what is worked on; -p is main.cf.
OBJECTS: Final = "MFPlmp"
#: Pairs that contradict each other.
EXCLUSIVE: Final = ("dn", "hH", "eX", "e#", "X#", "eE", "ex", "Xx", "#x")


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, taken apart."""

    flags: frozenset[str]
    directory: str
    settings: Mapping[str, str]
    arguments: tuple[str, ...]
    classes: frozenset[str] = field(default=frozenset(("all",)))

    @property
    def target(self) -> str:
        """What is worked on: one of OBJECTS."""
        return next((letter for letter in OBJECTS if letter in self.flags and letter != "p"), "p")

    @property
    def edit(self) -> str:
        """How it is changed: "e", "X" or "#", or nothing.

        A "name=value" argument asks for -e without saying so.

        Raises:
            FatalError: it does so against another option.
        """
        chosen = next((letter for letter in "eX#" if letter in self.flags), "")
        if chosen != "e" and self.target in "pMFP" and any("=" in argument for argument in self.arguments):
            if chosen:
                raise FatalError(f"specify one of -e -{chosen}")
            return "e"
        return chosen


def parse(arguments: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Read the command line.

    Raises:
        FatalError: an option is unknown, or two contradict each other.
    """
    try:
        pairs, names = getopt.getopt(list(arguments), OPTIONS)
    except getopt.GetoptError as error:
        raise FatalError(USAGE) from error
    flags = set()
    directory: str | None = None
    settings: dict[str, str] = {}
    classes = {"all"}
    for option, value in pairs:
        letter = option[1]
        if letter == "c":
            directory = value
        elif letter == "C":
            classes = set(value.replace(",", " ").split())
            for name in classes - set(CLASSES):
                raise FatalError(f'unknown -C option value "{name}" in "{value}"')
        elif letter == "o":
            try:
                name, text = split_setting(value)
            except FatalError as error:
                reason = str(error).partition(":")[0]
                raise FatalError(f"invalid parameter override: {value}: {reason}") from error
            settings[name] = text
        else:
            flags.add(letter)
    for pair in EXCLUSIVE:
        if flags.issuperset(pair):
            raise FatalError(f"specify one of -{pair[0]} -{pair[1]}")
    chosen = [letter for letter in OBJECTS if letter in flags]
    if len(chosen) > 1:
        raise FatalError("specify one of " + " ".join("-" + letter for letter in chosen))
    if chosen and chosen[0] in "MFP":
        for letter in "dn":
            if letter in flags:
                raise FatalError(f"with option -{chosen[0]}, do not specify -{letter}")
    return Options(frozenset(flags), config_directory(directory, environ), settings, tuple(names), frozenset(classes))


class Postconf:
    """One run of the command."""

    def __init__(self, options: Options, out: TextIO, errors: TextIO) -> None:
        self.options = options
        self.out = out
        self._errors = errors

    def warn(self, text: str) -> None:
        """Print a warning on standard error."""
        self.out.flush()
        self._errors.write(f"postconf: warning: {text}\n")

    def run(self) -> None:
        """Do what the options ask for.

        Raises:
            FatalError: an argument is wrong.
            ConfigError: a file is.
        """
        target = self.options.target
        if target == "l":
            self.out.write("".join(name + "\n" for name in LOCK_TYPES))
        elif target == "m":
            self.out.write("".join(name + "\n" for name in MAP_TYPES))
        elif self.options.edit:
            self._edit()
        else:
            self._show()

    def _edit(self) -> None:
        options = self.options
        mode = options.edit
        if not options.arguments:
            needed = "name=value argument" if mode == "e" else "name argument"
            raise FatalError(f"-{mode} requires {needed}")
        path = os.path.join(options.directory, "main.cf" if options.target == "p" else "master.cf")
        if options.target == "p":
            postconf_main.edit_main(path, mode, options.arguments, self.warn)
        elif options.target == "M":
            postconf_master.edit_entries(path, mode, options.arguments, self.warn)
        elif options.target == "P" and mode != "#":
            postconf_master.edit_parameters(path, mode, options.arguments, self.warn)
        elif options.target == "F" and mode == "e":
            postconf_master.edit_fields(path, options.arguments, self.warn)
        else:
            raise FatalError(f"with option -{options.target}, do not specify -{mode}")

    def _show(self) -> None:
        options = self.options
        flags = options.flags
        show = Show(
            defaults="d" in flags,
            explicit="n" in flags,
            expanded="x" in flags,
            folded="f" in flags,
            hide_name="h" in flags,
            hide_value="H" in flags,
            classes=options.classes,
        )
        conf = self._main()
        entries = self._entries()
        catalog = make_catalog(conf, entries)
        if options.target == "p":
            postconf_main.show_main(conf, catalog, show, options.arguments, self.out, self.warn)
        elif options.target == "M":
            postconf_master.show_entries(entries, options.arguments, show, self.out, self.warn)
        elif options.target == "F":
            postconf_master.show_fields(entries, options.arguments, show, self.out, self.warn)
        else:
            postconf_master.show_parameters(conf, entries, options.arguments, show, self.out, self.warn)
        if "q" not in flags and not show.defaults:
            obsolete = obsolete_parameters()
            postconf_main.warn_undefined(conf, catalog, entries, self.warn)
            if options.target == "p":
                postconf_main.warn_unused_main(conf, catalog, obsolete, self.warn)
            postconf_main.warn_unused_master(conf, catalog, obsolete, entries, self.warn)

    def _main(self) -> MainCf:
        if "d" in self.options.flags and "x" not in self.options.flags:
            return MainCf(self.options.directory, self.options.settings)
        return postconf_main.load_for_show(self.options.directory, dict(self.options.settings), self.warn)

    def _entries(self) -> list[RawEntry]:
        path = os.path.join(self.options.directory, "master.cf")
        warnings: list[str] = []
        try:
            entries = read_entries(path, warnings)
        except ConfigError as error:
            if self.options.target != "p":
                raise
            if "d" not in self.options.flags:
                self.warn(str(error))
            return []
        for warning in warnings:
            self.warn(warning)
        return [postconf_master.checked(entry, path) for entry in entries]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        Postconf(parse(arguments, os.environ), sys.stdout, sys.stderr).run()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough ("postconf | head"); nothing is left to say, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except (FatalError, ConfigError) as error:
        sys.stdout.flush()
        sys.stderr.write(f"postconf: fatal: {error}\n")
        return 1
    return 0
