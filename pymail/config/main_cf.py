"""main.cf: reading it, and the value of a parameter with every $name expanded. Light.

Every program loads one MainCf at its start. A name that main.cf does not set has a computed default, else the one that
the program's parameter sets declare, else the one in defaults.tsv (parameters of others, to which a value may refer).
"""

from __future__ import annotations

import os

from pymail.config.computed import COMPUTED, FUNCTIONS
from pymail.config.diagnostic import Diagnostic, located
from pymail.util.lines import logical_lines, misplaced_text, split_assignment
from pymail.util.macro import MacroError, expand, parse_level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Per-service defaults that do not follow the "default_..." parameter.
SERVICE_DEFAULTS: Mapping[str, str] = {
    "local_destination_concurrency_limit": "2",
    "local_destination_recipient_limit": "1",
}


class ConfigError(Exception):
    """A configuration that cannot be used. *text* is in Postfix's words; line 0 and an empty parameter mean none."""

    def __init__(self, path: str, line: int, parameter: str, text: str) -> None:
        super().__init__(path, line, parameter, text)
        self.path = path
        self.line = line
        self.parameter = parameter
        self.text = text

    def __str__(self) -> str:
        return located(self.path, self.line, self.text)


class MainCf:
    """The settings of one main.cf and of `-o` options, and the defaults known so far."""

    __slots__ = ("_computed", "_defaults", "_file_defaults", "_lines", "_set", "directory", "path", "warnings")

    directory: str
    path: str
    warnings: list[Diagnostic]

    def __init__(self, directory: str, settings: Mapping[str, str] | None = None) -> None:
        """Start with *settings* (raw values) only; `load` reads the file too."""
        self.directory = directory
        self.path = os.path.join(directory, "main.cf")
        self.warnings = []
        self._set: dict[str, str] = dict(settings or {})
        self._lines: dict[str, int] = {}
        self._defaults: tuple[Mapping[str, str], ...] = ()  # of the parameter sets in use, the last one first
        self._computed: dict[str, str] = {}
        self._file_defaults: Mapping[str, str] | None = None

    @classmethod
    def load(cls, directory: str, overrides: Mapping[str, str] | None = None, known: MainCf | None = None) -> MainCf:
        """Read *directory*/main.cf; *overrides* (`-o name=value`) come before what the file says.

        A forked daemon gives what its parent has read as *known*, and shares the parent's table of defaults.

        Raises:
            ConfigError: the file cannot be read, or a line is not an assignment.
        """
        conf = cls(directory)
        if known is not None:
            conf._file_defaults = known.file_defaults()
        try:
            with open(conf.path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
                conf._read(file)
        except OSError as error:
            raise ConfigError("", 0, "", f"open {conf.path}: {error.strerror}") from error
        return conf.with_overrides(overrides or {})

    def _read(self, physical: Iterator[str]) -> None:
        def misplaced(line: int, text: str) -> None:
            self.warnings.append(Diagnostic(self.path, 0, misplaced_text(text)))

        for line, text in logical_lines(physical, misplaced):
            try:
                name, value = split_assignment(text)
            except ValueError as error:
                raise ConfigError(self.path, line, "", str(error)) from error
            if name in self._set and self._set[name] != value:
                self.warnings.append(Diagnostic(self.path, line, f"overriding earlier entry: {name}={self._set[name]}"))
            self._set[name] = value
            self._lines[name] = line

    def with_overrides(self, overrides: Mapping[str, str]) -> MainCf:
        """Return a copy in which *overrides* (raw values) replace what is set; `stress=yes` makes the second set."""
        copy = MainCf(self.directory, self._set)
        copy.warnings = self.warnings
        copy._lines = {name: line for name, line in self._lines.items() if name not in overrides}
        copy._set.update(overrides)
        copy._defaults = self._defaults
        copy._file_defaults = self._file_defaults
        return copy

    def raw(self, name: str) -> str | None:
        """Return the value as written, or None if neither main.cf nor an option sets it."""
        return self._set.get(name)

    def __contains__(self, name: str) -> bool:
        """Tell whether main.cf or an option sets the parameter."""
        return name in self._set

    def names(self) -> list[str]:
        """Return the names that are set, in the order of their first definition."""
        return list(self._set)

    def value(self, name: str, default: str | None = None) -> str:
        """Return the expanded value; *default* (expanded too) stands in if it is not set.

        Without *default*, the known default is used; an unknown name has an empty value.

        Raises:
            ConfigError: a macro in it is not well formed or refers to itself.
        """
        text = self._set.get(name)
        if text is None:
            text = self._default(name) if default is None or name in COMPUTED else default
        return self.expanded(name, text or "")

    def expanded(self, name: str, text: str) -> str:
        """Return *text*, a value of the parameter *name*, with its macros expanded.

        Raises:
            ConfigError: a macro in it is not well formed or refers to itself.
        """
        if "$" not in text:
            return text
        try:
            return expand(text, self._lookup, functions=FUNCTIONS, first=name)
        except MacroError as error:
            path, line = self.place(name)
            raise ConfigError(path, line, name, str(error)) from error

    def service_value(self, service: str, suffix: str, default_name: str) -> str:
        """Return the value of *service*_... (`relay` + `_destination_concurrency_limit`), else of *default_name*."""
        name = service + suffix
        if name in self._set or any(name in known for known in self._defaults):
            return self.value(name)
        if name in SERVICE_DEFAULTS:
            return SERVICE_DEFAULTS[name]
        return self.value(default_name)

    def add_defaults(self, defaults: Mapping[str, str]) -> None:
        """Make declared defaults (unexpanded, by name) known, so that other values can refer to the parameters."""
        self._defaults = (defaults, *(known for known in self._defaults if known is not defaults))

    def place(self, name: str) -> tuple[str, int]:
        """Return path and line of the definition in main.cf; ("", 0) for an option or a default."""
        line = self._lines.get(name, 0)
        return (self.path if line else ""), line

    def error(self, name: str, text: str) -> ConfigError:
        """Return the error that says *text* about the parameter *name*, with the place where it is set."""
        path, line = self.place(name)
        return ConfigError(path, line, name, text)

    def compatibility(self) -> tuple[int, int, int]:
        """Return compatibility_level as (major, minor, patch).

        Raises:
            ConfigError: it is not of the form N, N.N or N.N.N.
        """
        try:
            return parse_level(self.value("compatibility_level", "0"))
        except MacroError as error:
            raise self.error("compatibility_level", str(error)) from error

    def default(self, name: str) -> str | None:
        """Return the default, unexpanded; None for a name that is no parameter that we know."""
        return self._default(name)

    def _lookup(self, name: str) -> str | None:
        text = self._set.get(name)
        return self._default(name) if text is None else text

    def _default(self, name: str) -> str | None:
        if name in COMPUTED:
            text = self._computed.get(name)
            if text is None:
                text = self._computed[name] = COMPUTED[name](self)
            return text
        for known in self._defaults:
            text = known.get(name)
            if text is not None:
                return text
        return self.file_defaults().get(name)

    def file_defaults(self) -> Mapping[str, str]:
        """Return the defaults in defaults.tsv by name; the file is read at the first use."""
        if self._file_defaults is None:
            self._file_defaults = {row[0]: row[2] for row in read_default_rows()}
        return self._file_defaults


def read_default_rows() -> list[tuple[str, str, str]]:
    """Return name, type and default of every parameter in defaults.tsv; nothing if it cannot be read (in a chroot)."""
    path = os.path.join(os.path.dirname(__file__), "defaults.tsv")
    try:
        with open(path, encoding="utf-8", newline="\n") as file:
            lines = file.read().split("\n")
    except OSError:
        return []
    rows = []
    for line in lines:
        fields = line.split("\t")
        if len(fields) == 3 and not line.startswith("#"):
            rows.append((fields[0], fields[1], fields[2]))
    return rows
