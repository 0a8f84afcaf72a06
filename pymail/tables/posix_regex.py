"""The C library's regular expressions (regcomp, regexec), as Postfix uses them: on octets, in the C locale.

Python's `re` is another language (no `[[:digit:]]`, other rules of which alternative wins), so users' patterns never go
there.
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

# Values of <regex.h>; these four are the same on Linux (glibc, musl) and the BSDs but for ICASE and NEWLINE, see below.
EXTENDED: Final = 1
ICASE: Final = 2
_GLIBC: Final = "gnu_get_libc_version"

#: Larger than any C library's regex_t (glibc 64, musl 64, FreeBSD 32).
_SIZE: Final = 256
#: LC_CTYPE_MASK of glibc and musl: what a character is, and which is upper case.
_LC_CTYPE_MASK: Final = 1


class RegexError(ValueError):
    """A pattern that does not compile; str() is the C library's text."""


class _Match(ctypes.Structure):
    _fields_ = (("start", ctypes.c_int), ("end", ctypes.c_int))


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(None)
    library.newlocale.restype = ctypes.c_void_p
    library.newlocale.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
    library.uselocale.restype = ctypes.c_void_p
    library.uselocale.argtypes = (ctypes.c_void_p,)
    library.regcomp.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
    library.regexec.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_int)
    library.regerror.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    library.regfree.argtypes = (ctypes.c_void_p,)
    return library


#: Loaded with the module: forked daemons share it.
_LIBRARY: Final = _load()


class PosixRegexLibrary:
    """The functions of the C library; make one per process and keep it."""

    __slots__ = ("_c_locale", "_lib", "_subexpressions_at", "newline", "nosub")

    def __init__(self) -> None:
        self._lib = _LIBRARY
        glibc = hasattr(self._lib, _GLIBC)
        self.newline = 4
        self.nosub = 8
        self._subexpressions_at = 48 if glibc else 0  # offsetof(regex_t, re_nsub)
        self._c_locale = self._lib.newlocale(_LC_CTYPE_MASK, b"C", None)

    def compile(self, pattern: str, flags: int) -> PosixRegex:
        """Return the compiled pattern. Raises RegexError."""
        memory = ctypes.create_string_buffer(_SIZE)
        # Python sets the locale of the user; there a "." would be a whole UTF-8 character.
        before = self._lib.uselocale(self._c_locale)
        try:
            code = self._lib.regcomp(memory, pattern.encode("utf-8", "surrogateescape"), flags)
        finally:
            self._lib.uselocale(before)
        if code != 0:
            text = ctypes.create_string_buffer(200)
            self._lib.regerror(code, memory, text, len(text))
            raise RegexError(os.fsdecode(text.value))
        return PosixRegex(self._lib, memory, int(ctypes.c_size_t.from_buffer(memory, self._subexpressions_at).value))


class PosixRegex:
    """One compiled pattern."""

    __slots__ = ("_exec", "_lib", "_memory", "subexpressions")

    def __init__(self, lib: ctypes.CDLL, memory: ctypes.Array[ctypes.c_char], subexpressions: int) -> None:
        self._lib = lib
        self._exec = lib.regexec
        self._memory = memory
        self.subexpressions = subexpressions

    def __del__(self) -> None:
        self._lib.regfree(self._memory)

    def matches(self, text: bytes) -> bool:
        """Return True when the pattern is found in *text*."""
        return bool(self._exec(self._memory, text, 0, None, 0) == 0)

    def groups(self, text: bytes) -> list[bytes] | None:
        """Return what the whole pattern and each subexpression matched (empty when it took no part), or None."""
        count = self.subexpressions + 1
        found = (_Match * count)()
        if self._exec(self._memory, text, count, found, 0) != 0:
            return None
        return [text[match.start : match.end] if match.start >= 0 else b"" for match in found]
