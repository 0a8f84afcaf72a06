"""The command line of sendmail(1). Light.

Options that Sendmail had and Postfix ignores are ignored. Repeated options: the last one counts.
"""

from __future__ import annotations

from pymail.log.fatal import FatalError
from pymail.util.options import OptionError, parse_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Final

LETTERS: Final = "A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:r:q:tvx"
USAGE: Final = "usage: sendmail [options]"
ENVELOPE_ID_LIMIT: Final = 100

#: trace_flags of a message: verify the addresses only; report the delivery.
TRACE_VERIFY: Final = 512
TRACE_RECORD: Final = 1024

#: What the command does, by its name.
MODES_BY_NAME: Final = {"mailq": "list", "newaliases": "aliases", "smtpd": "daemon"}
_MODES: Final = {
    "m": "enqueue", "v": "enqueue", "d": "daemon", "l": "daemon", "i": "aliases", "p": "list", "s": "stand-alone",
    "h": "nothing", "H": "nothing",
}  # fmt: skip
_NOTIFY: Final = {"never": 1, "success": 2, "failure": 4, "delay": 8}


class SendmailOptions:
    """The command line, understood."""

    __slots__ = (
        "alias_maps", "arguments", "configuration", "dot_ends", "encoding", "envelope_id", "extract", "full_name",
        "mode", "notify", "queue_id", "rewrite_context", "ret", "sender", "site", "trace", "verbose", "verp",
    )  # fmt: skip

    def __init__(self) -> None:
        self.mode = "enqueue"  # enqueue, daemon, aliases, list, stand-alone, flush, nothing
        self.configuration = ""  # -C: main.cf or its directory
        self.sender: str | None = None  # -f as written
        self.full_name: str | None = None
        self.encoding = ""
        self.envelope_id = ""
        self.notify = 0
        self.ret = 0
        self.rewrite_context = "local"
        self.extract = False  # -t
        self.dot_ends = True  # without -i
        self.trace = 0
        self.verp: str | None = None  # two delimiters; empty: the default ones
        self.site = ""  # -qR
        self.queue_id = ""  # -qI
        self.alias_maps = ""  # -oA
        self.verbose = 0  # -v after the first one
        self.arguments: list[str] = []


class OptionReader:
    """Reads one command line; *warn* gets what is ignored but should not have been said."""

    __slots__ = ("_options", "_verp_characters", "_warn")

    def __init__(self, warn: Callable[[str], None], verp_characters: str = "-=+") -> None:
        self._warn = warn
        self._verp_characters = verp_characters
        self._options = SendmailOptions()

    def read(self, name: str, arguments: Sequence[str]) -> SendmailOptions:
        """Understand *arguments* of a command called *name*. Raises FatalError, OptionError."""
        options = self._options
        options.mode = MODES_BY_NAME.get(name, "enqueue")
        words = list(arguments)
        if words[-1:] == ["-V"]:
            self._warn("option -V is deprecated with Postfix 2.3; specify -XV instead")
            words[-1:] = ["-XV"]
        pairs, options.arguments = parse_options(words, LETTERS, alone="q")
        for letter, value in pairs:
            self._take(letter, value)
        self._check()
        return options

    def _take(self, letter: str, value: str) -> None:
        options = self._options
        if letter == "B":
            encodings = {"8BITMIME": "8bit", "7BIT": "7bit"}
            if value.upper() not in encodings:
                raise FatalError("-B option needs 8BITMIME or 7BIT")
            options.encoding = encodings[value.upper()]
        elif letter == "C":
            options.configuration = value
        elif letter == "F":
            options.full_name = value
        elif letter == "G":
            options.rewrite_context = "remote"
        elif letter == "I":
            options.mode = "aliases"
        elif letter == "N":
            self._take_notify(value)
        elif letter == "R":
            options.ret = {"full": 1, "hdrs": 2}.get(value.lower(), 0)
            if not options.ret:
                self._warn("bad -R option value -- ignored")
        elif letter == "V":
            self._take_envelope_id(value)
        elif letter == "X":
            if value[:1] != "V":
                raise FatalError(f"unsupported: -X{value[:1]}")
            self._take_verp(value[1:])
        elif letter in "fr":
            options.sender = value
        elif letter == "i":
            options.dot_ends = False
        elif letter == "t":
            options.extract = True
        elif letter == "v":
            if options.trace & TRACE_RECORD:
                options.verbose += 1
            options.trace |= TRACE_RECORD
        elif letter == "b":
            self._take_mode(value)
        elif letter == "o":
            self._take_old_option(value)
        elif letter == "q":
            self._take_queue(value)

    def _take_mode(self, value: str) -> None:
        mode = _MODES.get(value[:1])
        if mode is None:
            raise FatalError(f"unsupported: -b{value[:1]}")
        if self._options.mode != "flush" or mode == "daemon":
            self._options.mode = mode
        if value[:1] == "v":
            self._options.trace |= TRACE_VERIFY

    def _take_old_option(self, value: str) -> None:
        options = self._options
        if value[:1] == "A":
            if not value[1:]:
                raise FatalError("-oA requires pathname")
            options.alias_maps = value[1:]
        elif value[:1] in ("7", "8"):
            options.encoding = value[0] + "bit"
        elif value[:1] == "i":
            options.dot_ends = False

    def _take_queue(self, value: str) -> None:
        options = self._options
        kind = value[:1]
        if not kind:
            if options.mode == "daemon":
                self._warn("ignoring -q option in daemon mode")
            else:
                options.mode = "flush"
        elif kind.isdigit():
            if options.mode == "enqueue":
                options.mode = "nothing"
        elif kind == "R":
            options.site = value[1:]
            if not options.site:
                raise FatalError("specify: -qRsitename")
        elif kind == "I":
            options.queue_id = value[1:]
            if not options.queue_id:
                raise FatalError("specify: -qIqueueid")
        else:
            raise FatalError(f"-q{kind} is not implemented")

    def _take_notify(self, value: str) -> None:
        mask = 0
        for word in value.replace(",", " ").split():
            bit = _NOTIFY.get(word.lower(), 0)
            if not bit:
                self._warn(f'unknown DSN NOTIFY command value "{word}" in "{value}"')
                mask = 0
                break
            mask |= bit
        if not mask or (mask & 1 and mask != 1):
            self._warn("bad -N option value -- ignored")
            return
        self._options.notify = mask

    def _take_envelope_id(self, value: str) -> None:
        if len(value) == 2 and all(char in self._verp_characters for char in value):
            self._warn(f"option -V{value} is deprecated with Postfix 2.3; specify -XV{value} instead")
            self._take_verp(value)
        elif len(value) > ENVELOPE_ID_LIMIT:
            self._warn("too long -V option value -- ignored")
        elif not value or not all(" " <= char <= "~" for char in value):
            self._warn("bad syntax in -V option value -- ignored")
        else:
            self._options.envelope_id = value

    def _take_verp(self, value: str) -> None:
        if value and (len(value) != 2 or not all(char in self._verp_characters for char in value)):
            raise FatalError(f"-V requires two characters from {self._verp_characters}")
        self._options.verp = value

    def _check(self) -> None:
        options = self._options
        if options.mode != "enqueue":
            if options.extract:
                raise FatalError("-t can be used only in delivery mode")
            if options.site:
                raise FatalError("-qR can be used only in delivery mode")
            if options.queue_id:
                raise FatalError("-qI can be used only in delivery mode")
        if options.trace & TRACE_VERIFY:
            for letter, given in (
                ("t", options.extract),
                ("N", options.notify),
                ("R", options.ret),
                ("v", options.trace & TRACE_RECORD),
            ):
                if given:
                    raise FatalError(f"-{letter} option cannot be used with -bv")


__all__ = ["MODES_BY_NAME", "TRACE_RECORD", "TRACE_VERIFY", "USAGE", "OptionError", "OptionReader", "SendmailOptions"]
