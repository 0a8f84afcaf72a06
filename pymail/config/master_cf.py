"""master.cf: the services of the mail system, as text (for postconf) and checked (for the master). master(5)

    service type private unprivileged chroot wakeup maxproc command arguments...

Arguments may be grouped with braces: `{ -o name = value with blanks }` is one argument, without the braces.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pymail.config.main_cf import ConfigError
from pymail.util.lines import SPACES, logical_lines, misplaced_text
from pymail.util.units import parse_integer

FIELDS: Final = ("service", "type", "private", "unprivileged", "chroot", "wakeup", "process_limit", "command")

#: The names of the fields in the master's messages.
MESSAGE_FIELDS: Final = (
    *("service name", "transport type", "private", "unprivileged", "chroot", "wakeup_time", "max_proc", "command"),
)

TYPES: Final = ("inet", "unix", "fifo", "pass", "unix-dgram")

#: maxproc of an entry that has "-": default_process_limit.
DEFAULT_LIMIT: Final = -1


class MasterCfError(ConfigError):
    """A line of master.cf that cannot be used."""

    def __str__(self) -> str:
        return f"{self.path}: line {self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry as written: the eight fields, and the arguments with their braces."""

    fields: tuple[str, ...]
    arguments: tuple[str, ...]
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """One service that the master runs."""

    name: str
    type: str
    private: bool
    unprivileged: bool
    chroot: bool
    wakeup: int  # seconds; 0: never
    wakeup_always: bool  # False ("60?"): only after the first client
    maxproc: int  # 0: no limit; DEFAULT_LIMIT
    command: str
    args: tuple[str, ...]
    path: str
    line: int


def load_master_cf(path: str, *, chroot_default: bool = False) -> list[ServiceEntry]:
    """Return the services in their order. *chroot_default* is what "-" means (yes when compatibility_level < 1).

    Raises:
        ConfigError: the file cannot be read, or an entry is wrong.
    """
    return [service_entry(raw, path, chroot_default) for raw in read_entries(path)]


def read_entries(path: str, warnings: list[str] | None = None) -> list[RawEntry]:
    """Return the entries of *path* as written; *warnings* takes what there is to say about the layout.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            physical = file.readlines()
    except OSError as error:
        raise ConfigError("", 0, "", f"open {path}: {error.strerror}") from error
    return parse_entries(physical, path, warnings)


def parse_entries(physical: Iterable[str], path: str, warnings: list[str] | None = None) -> list[RawEntry]:
    """Return the entries in *physical* lines of *path*."""

    def misplaced(line: int, text: str) -> None:
        if warnings is not None:
            warnings.append(f"{path}: {misplaced_text(text)}")

    return [raw_entry(text, line) for line, text in logical_lines(physical, misplaced)]


def raw_entry(text: str, line: int = 0) -> RawEntry:
    """Split one logical line; an entry of fewer than eight fields has fewer `fields`."""
    rest = text
    fields = []
    for _ in FIELDS:
        rest = rest.lstrip(SPACES)
        if not rest:
            break
        words = rest.split(None, 1)
        fields.append(words[0])
        rest = words[1] if len(words) > 1 else ""
    return RawEntry(tuple(fields), tuple(split_arguments(rest)), line, text)


def split_arguments(text: str) -> list[str]:
    """Split at white space that no braces enclose; a group keeps its braces."""
    arguments: list[str] = []
    position = 0
    length = len(text)
    while True:
        while position < length and text[position] in SPACES:
            position += 1
        if position == length:
            return arguments
        start = position
        while position < length and text[position] not in SPACES:
            # A group may also follow its option at once: -o{ name = value }
            position = _group_end(text, position) if text[position] == "{" else position + 1
        arguments.append(text[start:position])


def _group_end(text: str, start: int) -> int:
    """Return the place after the brace that closes the one at *start*; the end of the text if none does."""
    depth = 0
    for position in range(start, len(text)):
        if text[position] == "{":
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position + 1
    return len(text)


def ungrouped(argument: str) -> str:
    """Return an argument as the program gets it: without the braces of a group and the blanks inside of them.

    Raises:
        ValueError: a brace is missing, or something follows it.
    """
    if not argument.startswith("{"):
        return argument
    end = _group_end(argument, 0)
    if not argument[:end].endswith("}") or argument.count("{", 0, end) != argument.count("}", 0, end):
        raise ValueError(f"missing '}}' in \"{argument}\"")
    if end != len(argument):
        raise ValueError(f"syntax error after '}}' in \"{argument}\"")
    return argument[1:-1].strip(SPACES)


def service_entry(raw: RawEntry, path: str, chroot_default: bool = False) -> ServiceEntry:
    """Check an entry.

    Raises:
        ConfigError: a field is missing or wrong; names file, line and field.
    """
    fields = raw.fields

    def fail(text: str) -> MasterCfError:
        return MasterCfError(path, raw.line, "", text)

    if len(fields) < len(FIELDS):
        raise fail(f'missing "{MESSAGE_FIELDS[len(fields)]}" field')

    def bad(index: int) -> MasterCfError:
        return fail(f'field "{MESSAGE_FIELDS[index]}": bad value: "{fields[index]}"')

    def flag(index: int, default: bool) -> bool:
        if fields[index] not in ("y", "n", "-"):
            raise bad(index)
        return default if fields[index] == "-" else fields[index] == "y"

    def number(index: int, text: str, default: int) -> int:
        if text == "-":
            return default
        try:
            value = parse_integer(text)
        except ValueError as error:
            raise bad(index) from error
        if value < 0:
            raise bad(index)
        return value

    name, kind = fields[0], fields[1]
    if kind not in TYPES:
        raise fail(f"bad transport type: {kind}")
    private = flag(2, True)
    if kind == "inet" and private:
        raise fail("inet service cannot be private")
    wakeup = fields[5]
    if "/" in fields[7] and not fields[7].startswith("/"):
        raise bad(7)
    try:
        arguments = tuple(ungrouped(argument) for argument in raw.arguments)
    except ValueError as error:
        raise fail(str(error)) from error
    return ServiceEntry(
        name=name,
        type=kind,
        private=private,
        unprivileged=flag(3, True),
        chroot=flag(4, chroot_default),
        wakeup=number(5, wakeup.removesuffix("?") if len(wakeup) > 1 else wakeup, 0),
        wakeup_always=not wakeup.endswith("?"),
        maxproc=number(6, fields[6], DEFAULT_LIMIT),
        command=fields[7],
        args=arguments,
        path=path,
        line=raw.line,
    )


def split_override(text: str) -> tuple[str, str]:
    """Return name and value of an `-o` argument, "name=value" or "{ name = value }".

    Raises:
        ValueError: it has no "=", or no name.
    """
    name, equals, value = ungrouped(text).partition("=")
    if not name.strip(SPACES):
        raise ValueError("missing attribute name" if equals else "missing '=' after attribute name")
    if not equals:
        raise ValueError("missing '=' after attribute name")
    return name.strip(SPACES), value.strip(SPACES)
