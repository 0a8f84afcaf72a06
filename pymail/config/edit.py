"""Change main.cf and master.cf in place: comments and layout stay, readers see the old file or the new one.

The new text is written to `NAME.tmp` under a lock, synced, and renamed over the file. Two editors at once wait for each
other; one that finds that the file was replaced while it waited starts anew.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass

from pymail.config.main_cf import ConfigError
from pymail.util.lines import grouped_lines

#: The mode of the new file when there is no old one to follow.
NEW_FILE_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Entry:
    """A logical line and the places of its physical lines, from 0; comments in between are not its own."""

    text: str
    places: tuple[int, ...]


class EditableText:
    """The physical lines of a configuration file, changed entry by entry."""

    __slots__ = ("_lines",)

    def __init__(self, text: str) -> None:
        self._lines: list[str | None] = list(text.split("\n"))
        if self._lines[-1] == "":
            self._lines.pop()

    def entries(self) -> list[Entry]:
        """Return the logical lines. Their places hold as long as this object: removed lines keep their place."""
        physical = [line or "" for line in self._lines]
        return [Entry(text, tuple(number - 1 for number in numbers)) for numbers, text in grouped_lines(physical)]

    def replace(self, entry: Entry, text: str, *, at_end: bool = False) -> None:
        """Put *text* (one line or more) in the place of the entry's first line, or with *at_end* of its last."""
        self.remove(entry)
        self._lines[entry.places[-1 if at_end else 0]] = text

    def remove(self, entry: Entry) -> None:
        """Remove the entry's lines; comments between them stay."""
        for place in entry.places:
            self._lines[place] = None

    def comment_out(self, entry: Entry) -> None:
        """Put a "#" before each of the entry's lines."""
        for place in entry.places:
            self._lines[place] = "#" + (self._lines[place] or "")

    def append(self, text: str) -> None:
        """Add *text* at the end."""
        self._lines.append(text)

    def text(self) -> str:
        """Return the whole text as it stands now."""
        return "".join([line + "\n" for line in self._lines if line is not None])


def edit_file(path: str, change: Callable[[EditableText], None]) -> None:
    """Replace *path* by what *change* makes of it.

    Raises:
        ConfigError: the file cannot be read, or the new one not be written.
    """
    temporary = path + ".tmp"
    try:
        descriptor = _locked(temporary)
    except OSError as error:
        raise ConfigError("", 0, "", f"open {temporary}: {error.strerror}") from error
    try:
        try:
            with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
                text = EditableText(file.read())
                status = os.fstat(file.fileno())
        except OSError as error:
            raise ConfigError("", 0, "", f"open {path} for reading: {error.strerror}") from error
        change(text)
        try:
            _write(descriptor, text.text().encode("utf-8", "surrogateescape"), status)
            os.rename(temporary, path)
        except OSError as error:
            raise ConfigError("", 0, "", f"write {temporary}: {error.strerror}") from error
    except BaseException:
        # Still ours: the lock is held until the descriptor is closed.
        os.unlink(temporary)
        raise
    finally:
        os.close(descriptor)


def _locked(temporary: str) -> int:
    """Open and lock the new file; another editor that holds it is waited for."""
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(temporary, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            mine = os.fstat(descriptor)
            try:
                current = os.stat(temporary, follow_symlinks=False)
            except FileNotFoundError:
                current = None
        except BaseException:
            os.close(descriptor)
            raise
        if current is not None and (current.st_dev, current.st_ino) == (mine.st_dev, mine.st_ino):
            return descriptor
        # The other editor has renamed it: what we hold is the configuration file itself.
        os.close(descriptor)


def _write(descriptor: int, octets: bytes, old: os.stat_result) -> None:
    os.ftruncate(descriptor, 0)
    while octets:
        octets = octets[os.write(descriptor, octets) :]
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        try:
            os.fchown(descriptor, old.st_uid, old.st_gid)
        except PermissionError:
            pass  # an ordinary user's edit: the file becomes theirs, as its directory already is
    os.fchmod(descriptor, old.st_mode & 0o777 or NEW_FILE_MODE)
    os.fsync(descriptor)
