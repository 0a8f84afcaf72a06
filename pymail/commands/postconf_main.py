"""postconf on main.cf: show values and defaults, warn of what is not used, change settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from pymail.commands.postconf_catalog import Catalog, Obsolete, Parameter, overrides, references
from pymail.config.edit import EditableText, edit_file
from pymail.config.find import DEFAULT_DIRECTORY
from pymail.config.main_cf import MainCf
from pymail.config.master_cf import RawEntry
from pymail.log.fatal import FatalError
from pymail.util.lines import SPACES

#: -f: columns of a line, and the indent of those that continue it.
FOLD_WIDTH: Final = 80
FOLD_INDENT: Final = "    "

CLASSES: Final = ("builtin", "service", "user", "all")

Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Show:
    """How parameters are shown: the options -d -n -x -f -h -H -C."""

    defaults: bool = False
    explicit: bool = False
    expanded: bool = False
    folded: bool = False
    hide_name: bool = False
    hide_value: bool = False
    classes: frozenset[str] = frozenset(("all",))

    def line(self, name: str, value: str) -> str:
        """Return what is printed for one parameter, with its newline."""
        if self.hide_value:
            return name + "\n"
        words = value.split()
        if not self.hide_name:
            words = [name, "=", *words]
        return (fold(words) if self.folded else " ".join(words)) + "\n"


def fold(words: Sequence[str]) -> str:
    """Join *words* to lines of at most 80 columns where that is possible."""
    lines = []
    current = ""
    for word in words:
        if not current:
            current = word
        elif len(current) + 1 + len(word) > FOLD_WIDTH:
            lines.append(current)
            current = FOLD_INDENT + word
        else:
            current += " " + word
    return "\n".join([*lines, current])


def show_main(conf: MainCf, catalog: Catalog, show: Show, names: Sequence[str], out: TextIO, warn: Warn) -> None:
    """Print the parameters *names*, or all that the options select, sorted."""
    for name in names or sorted(_selected(conf, catalog, show)):
        parameter = catalog.find(name)
        if parameter is None and (show.defaults or name not in catalog.user):
            warn(f"{name}: unknown parameter")
            continue
        if show.explicit and not is_explicit(conf, name):
            continue
        value = parameter_value(conf, parameter, name, show)
        out.write(show.line(name, value))


def is_explicit(conf: MainCf, name: str) -> bool:
    """Say whether main.cf, an option or the command line sets the parameter."""
    if name == "config_directory":
        return conf.directory != DEFAULT_DIRECTORY
    return conf.raw(name) is not None


def parameter_value(conf: MainCf, parameter: Parameter | None, name: str, show: Show) -> str:
    """Return what is shown as the value of a parameter; *parameter* is None for one of the user's own."""
    if show.defaults and name == "config_directory":
        return DEFAULT_DIRECTORY
    text = None if show.defaults else conf.raw(name)
    if text is None:
        text = conf.default(name)  # a computed default comes first
        if not text:
            text = parameter.default if parameter is not None else ""
    if show.expanded and (parameter is None or parameter.kind != "raw"):
        return conf.expanded(name, text)
    return text


def _selected(conf: MainCf, catalog: Catalog, show: Show) -> set[str]:
    chosen: set[str] = set()
    if show.classes & {"builtin", "all"}:
        chosen.update(catalog.builtin)
    if show.classes & {"service", "all"}:
        chosen.update(catalog.service)
    if show.classes & {"user", "all"} and not show.defaults:
        chosen.update(catalog.user)
    if show.explicit:
        chosen = {name for name in chosen if is_explicit(conf, name)}
    return chosen


def warn_undefined(conf: MainCf, catalog: Catalog, entries: Iterable[RawEntry], warn: Warn) -> None:
    """Warn of $names in main.cf and master.cf that nothing sets."""
    for name in sorted(catalog.undefined):
        warn(f"{conf.path}: undefined parameter: {name}")
    known = {*catalog.builtin, *catalog.service, *conf.names()}
    for entry in entries:
        settings = dict(overrides(entry))
        for name in sorted({used for value in settings.values() for used in references(value)}):
            if name not in known and name not in settings:
                warn(f"{master_path(conf)}: undefined parameter: {name}")


def warn_unused_main(conf: MainCf, catalog: Catalog, obsolete: dict[str, Obsolete], warn: Warn) -> None:
    """Warn of settings in main.cf that mean nothing, or not for long."""
    for name in sorted(conf.names()):
        _warn_of(conf.path, (name, conf.raw(name) or ""), catalog, obsolete, warn)


def warn_unused_master(
    conf: MainCf, catalog: Catalog, obsolete: dict[str, Obsolete], entries: Iterable[RawEntry], warn: Warn
) -> None:
    """Warn of `-o` settings in master.cf that mean nothing, or not for long."""
    in_main = {used for name in conf.names() for used in references(conf.raw(name) or "")}
    for entry in entries:
        settings = dict(overrides(entry))
        used = in_main.union(*(references(value) for value in settings.values()))
        for name, value in settings.items():
            if name not in used:
                _warn_of(master_path(conf), (name, value), catalog, obsolete, warn)


def master_path(conf: MainCf) -> str:
    """Return the path of the master.cf beside main.cf."""
    return os.path.join(conf.directory, "master.cf")


def _warn_of(path: str, setting: tuple[str, str], catalog: Catalog, obsolete: dict[str, Obsolete], warn: Warn) -> None:
    name, value = setting
    gone = obsolete.get(name)
    if gone is not None:
        tense = "will be" if gone.fate == "deprecated" else "has been"
        warn(f'{path}: support for parameter "{name}" {tense} removed; instead, {gone.instead}')
    elif catalog.find(name) is None and name not in catalog.user:
        warn(f"{path}: unused parameter: {name}={value}")


def split_setting(argument: str) -> tuple[str, str]:
    """Return name and value of a "name=value" argument of -e or -o.

    Raises:
        FatalError: it is none.
    """
    name, equals, value = argument.partition("=")
    name = name.strip(SPACES)
    if equals and not name:
        raise FatalError(f'missing attribute name: "{argument}"')
    if not equals or len(name.split()) != 1:
        raise FatalError(f"missing '=' after attribute name: \"{argument}\"")
    return name, value.strip(SPACES)


def check_edit_argument(argument: str) -> None:
    """Refuse what would not be one setting in the file.

    Raises:
        FatalError: a newline in it, or a comment.
    """
    if "\n" in argument:
        raise FatalError("-e, -X, or -# accepts no multi-line input")
    if argument.lstrip(SPACES).startswith("#"):
        raise FatalError("-e, -X, or -# accepts no comment input")


def edit_main(conf_path: str, mode: str, arguments: Sequence[str], warn: Warn) -> None:
    """Change main.cf: *mode* is "e" (set), "X" (remove) or "#" (comment out).

    Raises:
        FatalError: an argument is wrong.
        ConfigError: the file cannot be read or written.
    """
    changes: dict[str, str | None] = {}
    for argument in arguments:
        check_edit_argument(argument)
        if mode == "e":
            name, value = split_setting(argument)
            changes[name] = value
        else:
            name = argument.strip(SPACES)
            if "=" in name or len(name.split()) != 1:
                raise FatalError("-X or -# requires names without value")
            changes[name] = None

    def change(text: EditableText) -> None:
        seen: dict[str, int] = {}
        for entry in text.entries():
            name = entry.text.partition("=")[0].strip(SPACES)
            if name not in changes:
                continue
            seen[name] = seen.get(name, 0) + 1
            if mode == "e":
                text.replace(entry, f"{name} = {changes[name]}")
            elif mode == "X":
                text.remove(entry)
            else:
                text.comment_out(entry)
        for name, count in seen.items():
            if count > 1:
                warn(f'{conf_path}: multiple entries for "{name}"')
        if mode == "e":
            for name, value in changes.items():
                if name not in seen:
                    text.append(f"{name} = {value}")

    edit_file(conf_path, change)


def load_for_show(directory: str, settings: dict[str, str], warn: Warn) -> MainCf:
    """Read main.cf, and warn of what is odd in it.

    Raises:
        ConfigError: it cannot be read.
    """
    conf = MainCf.load(directory, settings)
    for warning in conf.warnings:
        warn(str(warning))
    return conf
