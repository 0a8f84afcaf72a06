"""Names of queue files: queue IDs, and where the file of an ID is.

A short ID is the microsecond of its creation and the inode number in hexadecimal; a long one adds the second and is
unique forever (Postfix, enable_long_queue_ids). Queues that are listed in hash_queue_names have one-letter
sub-directories, chosen by the microseconds. Imported by the short-lived commands: keep it light.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Final

#: Digits and consonants: an ID never spells a word. Base 52; the inode number uses the first 51 (`z` separates).
ALPHABET: Final = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
SEPARATOR: Final = "z"
#: Digits of the second (at least) and of the microsecond (exactly) in a long ID.
SECOND_DIGITS: Final = 6
MICROSECOND_DIGITS: Final = 4
INODE_BASE: Final = 51
#: Hexadecimal digits of the microsecond at the start of a short ID, and in the hash of both.
HEX_DIGITS: Final = 5
#: Postfix: mail_queue.h, VALID_HOSTNAME_LEN bounds what we store as an ID.
ID_LIMIT: Final = 255

_BASE_52: Final = 52
_ID_CHARACTERS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")


def is_queue_id(name: str) -> bool:
    """Say whether *name* may be the ID of a message: letters, digits, `_`. All else is not ours to open."""
    return 0 < len(name) <= ID_LIMIT and _ID_CHARACTERS.issuperset(name)


def _to_base(number: int, base: int, width: int) -> str:
    digits = []
    while number:
        number, digit = divmod(number, base)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits)).rjust(width, ALPHABET[0])


def make_id(inode: int, microsecond: int) -> str:
    """Return the short ID; unique as long as the file exists."""
    return f"{microsecond:05X}{inode:X}"


def make_long_id(inode: int, second: int, microsecond: int) -> str:
    """Return the long ID; unique forever."""
    time = _to_base(second, _BASE_52, SECOND_DIGITS) + _to_base(microsecond, _BASE_52, MICROSECOND_DIGITS)
    return time + SEPARATOR + _to_base(inode, INODE_BASE, 1)


def is_long_id(queue_id: str) -> bool:
    """Say whether *queue_id* is a long one: its last `z` stands behind second and microsecond."""
    return queue_id.rfind(SEPARATOR) >= SECOND_DIGITS + MICROSECOND_DIGITS


def inode_of(queue_id: str) -> int | None:
    """Return the inode number that is part of *queue_id*, or None where there is none."""
    try:
        if not is_long_id(queue_id):
            return int(queue_id[HEX_DIGITS:], 16)
        number = 0
        for letter in queue_id[queue_id.rindex(SEPARATOR) + 1 :]:
            number = number * INODE_BASE + ALPHABET.index(letter)
        return number
    except ValueError:
        return None


def _hash_source(queue_id: str) -> str:
    if not is_long_id(queue_id):
        return queue_id
    end = queue_id.rindex(SEPARATOR)
    microsecond = 0
    for letter in queue_id[end - MICROSECOND_DIGITS : end]:
        microsecond = microsecond * _BASE_52 + max(ALPHABET.find(letter), 0)
    return f"{microsecond:05X}"


def hash_directory(queue_name: str, queue_id: str, depth: int) -> str:
    """Return *queue_name* with *depth* one-letter directories, each of one leading character of the (short) ID."""
    letters = _hash_source(queue_id)[:depth].ljust(depth, "_")
    return "/".join((queue_name, *letters))


def queue_path(queue_name: str, queue_id: str, hash_names: Collection[str], depth: int) -> str:
    """Return the path of a message or log, relative to the queue directory."""
    if queue_name in hash_names:
        return hash_directory(queue_name, queue_id, depth) + "/" + queue_id
    return queue_name + "/" + queue_id
