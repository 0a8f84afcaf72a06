"""Declare main.cf parameters: type, default, bounds and one line of documentation, beside their readers. Light.

    class PickupParams(ParamSet):
        queue_directory = process.queue_directory                    # shared: listed by name
        content_filter = string("", doc="After the queue: pass mail to this transport first.")

The declaration functions are typed as the value that stands on an instance (as dataclasses.field is). On the class the
attribute is the Declaration, from which postconf and the manual page are made.
"""

from __future__ import annotations

from pymail.config.computed import COMPUTED
from pymail.util.units import MAXIMUM_INTEGER, MAXIMUM_SIZE, parse_boolean, parse_integer, parse_time, time_unit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar, Self

    from pymail.config.main_cf import MainCf

    Value = str | int | bool


class Declaration:
    """What is known about one parameter. *default* is text, as one would write it in main.cf."""

    __slots__ = ("default", "doc", "maximum", "minimum", "name", "since", "type")

    def __init__(self, kind: str, default: str, *, doc: str, since: str, name: str = "") -> None:
        self.name = name
        self.type = kind
        self.default = default
        self.minimum: int | None = None
        self.maximum: int | None = None
        self.doc = doc
        self.since = since

    def __set_name__(self, owner: type, attribute: str) -> None:
        # The first class that has it names it; classes that list a shared parameter do not.
        if not self.name:
            self.name = attribute

    def parse(self, conf: MainCf) -> Value:
        """Return the value that *conf* gives this parameter.

        Raises:
            ConfigError: it is malformed or out of bounds.
        """
        if self.type == "raw":
            text = conf.raw(self.name)
            text = self.default if text is None else text
        else:
            text = conf.value(self.name, self.default)
        try:
            return self._parsed(text)
        except ValueError as error:
            raise conf.error(self.name, str(error)) from error

    def constant(self) -> Value | None:
        """Return the value of the default if it is the same in every configuration, else None."""
        if self.name in COMPUTED or ("$" in self.default and self.type != "raw"):
            return None
        return self._parsed(self.default)

    def _parsed(self, text: str) -> Value:
        kind = self.type
        if kind in ("string", "raw"):
            if self.minimum is not None and len(text) < self.minimum:
                raise ValueError(f"bad string length {len(text)} < {self.minimum}: {self.name} = {text}")
            return text
        if kind == "bool":
            try:
                return parse_boolean(text)
            except ValueError as error:
                raise ValueError(f"bad boolean configuration: {self.name} = {text}") from error
        if kind == "time":
            return self._time(text)
        return self._integer(text)

    def _time(self, text: str) -> int:
        try:
            value = parse_time(text, time_unit(self.default))
        except ValueError as error:
            raise ValueError(f"parameter {self.name}: bad time value or unit: {text}") from error
        if self.minimum is not None and value < self.minimum:
            raise ValueError(f"invalid {self.name}: {text} (min {self.minimum})")
        if self.maximum is not None and value > self.maximum:
            raise ValueError(f"invalid {self.name}: {text} (max {self.maximum})")
        return value

    def _integer(self, text: str) -> int:
        try:
            value = parse_integer(text, MAXIMUM_SIZE if self.type == "long" else MAXIMUM_INTEGER)
        except ValueError as error:
            raise ValueError(f"bad numerical configuration: {self.name} = {text}") from error
        if self.minimum is not None and value < self.minimum:
            raise ValueError(f"invalid {self.name} parameter value {value} < {self.minimum}")
        if self.maximum is not None and value > self.maximum:
            raise ValueError(f"invalid {self.name} parameter value {value} > {self.maximum}")
        return value


def string(default: str, *, doc: str, since: str = "", minimum: int = 0, name: str = "") -> str:
    """Declare a text; *minimum* is its least length. *name* is for names that are no Python identifiers."""
    declaration = Declaration("string", default, doc=doc, since=since, name=name)
    declaration.minimum = minimum or None
    return declaration  # type: ignore[return-value]  # the instance has the value


def raw(default: str, *, doc: str, since: str = "", minimum: int = 0, name: str = "") -> str:
    """Declare a text in which $name is left alone: the reader expands it itself."""
    declaration = Declaration("raw", default, doc=doc, since=since, name=name)
    declaration.minimum = minimum or None
    return declaration  # type: ignore[return-value]  # the instance has the value


def integer(
    default: int | str, *, doc: str, since: str = "", minimum: int | None = None, maximum: int | None = None
) -> int:
    """Declare a whole number of the size of a C int; the default may be a text with $name in it."""
    return _number("int", str(default), doc, since, (minimum, maximum))


def size(
    default: int | str, *, doc: str, since: str = "", minimum: int | None = None, maximum: int | None = None
) -> int:
    """Declare a whole number of the size of a C long: a number of octets."""
    return _number("long", str(default), doc, since, (minimum, maximum))


def seconds(default: str, *, doc: str, since: str = "", minimum: int | None = None, maximum: int | None = None) -> int:
    """Declare a duration; a bare number in main.cf is in the unit at the end of *default*."""
    return _number("time", default, doc, since, (minimum, maximum))


def boolean(default: bool | str, *, doc: str, since: str = "") -> bool:
    """Declare a yes or no; the default may be a text with $name in it."""
    text = default if isinstance(default, str) else "yes" if default else "no"
    return Declaration("bool", text, doc=doc, since=since)  # type: ignore[return-value]  # the instance has the value


def _number(kind: str, default: str, doc: str, since: str, bounds: tuple[int | None, int | None]) -> int:
    declaration = Declaration(kind, default, doc=doc, since=since)
    declaration.minimum, declaration.maximum = bounds
    return declaration  # type: ignore[return-value]  # the instance has the value


class ParamSet:
    """Base of a program's parameters: the class declares them, an instance holds their values.

    Most parameters have their default, and most defaults are the same in every configuration. Those values are made
    with the class, as attributes of a hidden subclass which the instances belong to: they cost a starting daemon
    nothing, and forked ones share them. An instance itself has what main.cf sets, and the defaults that vary.
    """

    _declared: ClassVar[dict[str, Declaration]] = {}  # by attribute
    _attributes: ClassVar[dict[str, str]] = {}  # by parameter name
    _defaults: ClassVar[dict[str, str]] = {}  # by parameter name
    _varying: ClassVar[list[str]] = []  # attributes whose default has to be expanded
    _filled: ClassVar[type[ParamSet] | None] = None  # the hidden subclass

    def __init_subclass__(cls, *, hidden: bool = False) -> None:
        """Collect the declarations: those of the bases first, then the class's own."""
        super().__init_subclass__()
        if hidden:
            return
        cls._declared = declared = {
            attribute: value
            for base in reversed(cls.__mro__)
            for attribute, value in vars(base).items()
            if isinstance(value, Declaration)
        }
        cls._attributes = {declaration.name: attribute for attribute, declaration in declared.items()}
        cls._defaults = {declaration.name: declaration.default for declaration in declared.values()}
        values: dict[str, object] = {attribute: declaration.constant() for attribute, declaration in declared.items()}
        cls._varying = [attribute for attribute, value in values.items() if value is None]
        for attribute in cls._varying:
            del values[attribute]
        values["__module__"] = cls.__module__
        cls._filled = type(cls.__name__, (cls,), values, hidden=True)

    def __new__(cls, _conf: MainCf) -> Self:
        """Make an instance of the hidden subclass."""
        return super().__new__(cls._filled or cls)  # type: ignore[return-value]  # it is a subclass of the own class

    def __init__(self, conf: MainCf) -> None:
        """Parse what *conf* sets, and the defaults that refer to other parameters.

        Raises:
            ConfigError: a value is malformed or out of bounds; it names file, line and parameter.
        """
        # All defaults first: a value may refer to a parameter that is declared further down.
        conf.add_defaults(self._defaults)
        declared, attributes = self._declared, self._attributes
        for name in conf.names():
            attribute = attributes.get(name)
            if attribute is not None:
                setattr(self, attribute, declared[attribute].parse(conf))
        for attribute in self._varying:
            if declared[attribute].name not in conf:
                setattr(self, attribute, declared[attribute].parse(conf))

    @classmethod
    def declarations(cls) -> dict[str, Declaration]:
        """Return the declarations by parameter name, for postconf and the manual."""
        return {declaration.name: declaration for declaration in cls._declared.values()}
