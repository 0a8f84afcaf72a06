"""Read the numbers of main.cf: durations with a unit, whole numbers, yes and no.

Who calls it: the parameter declarations, and whoever reads a time from a command line or a table. Pure and light.
"""

from __future__ import annotations

TIME_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

#: Postfix keeps durations and `int` parameters in a C int, sizes in a C long.
MAXIMUM_INTEGER = 2**31 - 1
MAXIMUM_SIZE = 2**63 - 1


def parse_time(text: str, unit: str = "s") -> int:
    """Return the seconds of "300", "5d" or "1h30m"; a number without a unit is in *unit*s.

    Raises:
        ValueError: no number, an unknown unit, or more than a C int holds.
    """
    total = 0
    position = 0
    length = len(text)
    if not length:
        raise ValueError("empty time value")
    while position < length:
        start = position
        while position < length and "0" <= text[position] <= "9":
            position += 1
        # 10 digits are the most that a C int can have; a longer number is not worth a conversion.
        if not 1 <= position - start <= 10:
            raise ValueError("no number in time value")
        name = text[position].lower() if position < length else unit
        if name not in TIME_UNITS:
            raise ValueError("unknown time unit")
        total += int(text[start:position]) * TIME_UNITS[name]
        position += 1
    if total > MAXIMUM_INTEGER:
        raise ValueError("time value is too large")
    return total


def time_unit(text: str) -> str:
    """Return the unit at the end of a parameter's default value; "s" if there is none."""
    last = text[-1:].lower()
    return last if last in TIME_UNITS else "s"


def parse_integer(text: str, maximum: int = MAXIMUM_INTEGER) -> int:
    """Return a decimal number with an optional sign.

    Raises:
        ValueError: not a number, or beyond *maximum* on either side.
    """
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not digits.isascii() or not digits.isdigit() or len(digits) > 19:
        raise ValueError("not a number")
    value = int(text)
    if not -maximum - 1 <= value <= maximum:
        raise ValueError("number out of range")
    return value


def parse_boolean(text: str) -> bool:
    """Return what "yes" or "no" says, in any case.

    Raises:
        ValueError: it is neither.
    """
    lowered = text.lower()
    if lowered not in ("yes", "no"):
        raise ValueError("not yes or no")
    return lowered == "yes"
