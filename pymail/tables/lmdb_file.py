"""LMDB files as Postfix keeps them: one file, no LMDB lock file, Postfix's own fcntl locks.

Each file is opened once per process, after the fork (LMDB forbids a second environment of one file, and closing any
other descriptor of it would drop our locks). A reader holds a shared lock for one lookup. A writer takes the exclusive
lock, so that no reader still sees pages from before the last commit; a bulk writer lowers it to shared for the time of
its one transaction, so that readers go on with the old state until the commit. A crash leaves the old state.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from typing import Final

import lmdb

from pymail.tables.base import TableOpenError

#: Longest key that LMDB takes, octets.
KEY_LIMIT: Final = 511


class LmdbFileError(Exception):
    """An operation on an LMDB file failed; str() is LMDB's text."""


class LmdbFile:
    """One open LMDB file."""

    __slots__ = ("_env", "_fd", "map_size", "path", "writable")

    def __init__(self, path: str, map_size: int, *, writable: bool = False, mode: int | None = None) -> None:
        """Open *path*; *mode* (of a writable file) creates it. Raises TableOpenError."""
        self.path = path
        self.map_size = map_size
        self.writable = writable
        self._env: lmdb.Environment
        self._fd: int
        self._open(mode)

    def _open(self, mode: int | None) -> None:
        flags = os.O_CLOEXEC | (os.O_RDWR if self.writable else os.O_RDONLY) | (os.O_CREAT if mode is not None else 0)
        try:
            self._fd = os.open(self.path, flags, mode or 0)
        except OSError as error:
            raise TableOpenError(f"open database {self.path}: {error.strerror}") from error
        if self.writable:
            self.map_size = max(self.map_size, 2 * os.fstat(self._fd).st_size)
        try:
            self._env = lmdb.open(
                self.path,
                map_size=self.map_size,
                subdir=False,
                readonly=not self.writable,
                create=mode is not None,
                lock=False,
                mode=mode if mode is not None else 0o600,
            )
        except lmdb.Error as error:
            os.close(self._fd)
            raise TableOpenError(f"open database {self.path}: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._env.close()
        os.close(self._fd)

    @property
    def status(self) -> os.stat_result:
        """The status of the open file."""
        return os.fstat(self._fd)

    def is_replaced(self) -> bool:
        """Return True when the open file has no name any more."""
        return os.fstat(self._fd).st_nlink == 0

    def reopen(self) -> None:
        """Open the file that has the name now; raises TableOpenError and stays as it is when there is none."""
        old_env, old_fd = self._env, self._fd
        try:
            self._open(None)
        except TableOpenError:
            self._env, self._fd = old_env, old_fd
            raise
        old_env.close()
        os.close(old_fd)

    def make_writable(self) -> None:
        """Open a file for writing that was opened for reading."""
        if not self.writable:
            self.close()
            self.writable = True
            self._open(None)

    def get(self, *keys: bytes) -> tuple[int, bytes] | None:
        """Return the index of the first of *keys* that is there, and its value. Raises LmdbFileError."""
        fcntl.lockf(self._fd, fcntl.LOCK_SH)
        try:
            with self._begin() as transaction:
                for index, key in enumerate(keys):
                    value = transaction.get(key)
                    if value is not None:
                        return index, bytes(value)
                return None
        except lmdb.Error as error:
            raise LmdbFileError(str(error)) from error
        finally:
            fcntl.lockf(self._fd, fcntl.LOCK_UN)

    def _begin(self) -> lmdb.Transaction:
        try:
            return self._env.begin()
        except lmdb.MapResizedError:
            self._env.set_mapsize(0)  # another process has let it grow
            return self._env.begin()

    def put(self, key: bytes, value: bytes, *, overwrite: bool) -> bool:
        """Store one entry; returns False when *key* is there and *overwrite* is off. Raises LmdbFileError."""
        while True:
            fcntl.lockf(self._fd, fcntl.LOCK_EX)
            try:
                with self._env.begin(write=True) as transaction:
                    return transaction.put(key, value, overwrite=overwrite)
            except lmdb.MapFullError:
                self._grow()
            except lmdb.MapResizedError:
                self._env.set_mapsize(0)
            except lmdb.Error as error:
                raise LmdbFileError(str(error)) from error
            finally:
                fcntl.lockf(self._fd, fcntl.LOCK_UN)

    def delete(self, *keys: bytes) -> bool:
        """Remove *keys*; returns True when one of them was there. Raises LmdbFileError."""
        fcntl.lockf(self._fd, fcntl.LOCK_EX)
        try:
            with self._env.begin(write=True) as transaction:
                return any(transaction.delete(key) for key in keys)
        except lmdb.Error as error:
            raise LmdbFileError(str(error)) from error
        finally:
            fcntl.lockf(self._fd, fcntl.LOCK_UN)

    def step(self, after: bytes | None) -> tuple[bytes, bytes] | None:
        """Return the entry that follows the key *after* (None: the first one). Raises LmdbFileError."""
        fcntl.lockf(self._fd, fcntl.LOCK_SH)
        try:
            with self._begin() as transaction, transaction.cursor() as cursor:
                if after is None:
                    found = cursor.first()
                else:
                    found = cursor.set_range(after)
                    if found and cursor.key() == after:
                        found = cursor.next()
                return (bytes(cursor.key()), bytes(cursor.value())) if found else None
        except lmdb.Error as error:
            raise LmdbFileError(str(error)) from error
        finally:
            fcntl.lockf(self._fd, fcntl.LOCK_UN)

    def entries(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield all entries, sorted by key. Raises LmdbFileError."""
        entry = self.step(None)
        while entry is not None:
            yield entry
            entry = self.step(entry[0])

    def replace_all(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Put *entries* in the place of all that is there, in one transaction. Raises LmdbFileError."""
        rows = list(entries)
        while True:
            fcntl.lockf(self._fd, fcntl.LOCK_EX)
            try:
                with self._env.begin(write=True) as transaction:
                    fcntl.lockf(self._fd, fcntl.LOCK_SH)
                    transaction.drop(self._env.open_db(txn=transaction), delete=False)
                    for key, value in rows:
                        transaction.put(key, value)
                return
            except lmdb.MapFullError:
                self._grow()
            except lmdb.MapResizedError:
                self._env.set_mapsize(0)
            except lmdb.Error as error:
                raise LmdbFileError(str(error)) from error
            finally:
                fcntl.lockf(self._fd, fcntl.LOCK_UN)

    def _grow(self) -> None:
        self.map_size *= 2
        self._env.set_mapsize(self.map_size)


class LmdbFiles:
    """The LMDB files that this process has open, by device and inode."""

    __slots__ = ("_files",)

    def __init__(self) -> None:
        self._files: dict[tuple[int, int], LmdbFile] = {}

    def open(self, path: str, map_size: int, *, writable: bool = False, mode: int | None = None) -> LmdbFile:
        """Return the open file *path*, opened now if need be. Raises TableOpenError."""
        try:
            status = os.stat(path)
        except FileNotFoundError:
            file = None
        except OSError as error:
            raise TableOpenError(f"open database {path}: {error.strerror}") from error
        else:
            file = self._files.get((status.st_dev, status.st_ino))
        if file is not None:
            if writable:
                file.make_writable()
            return file
        file = LmdbFile(path, map_size, writable=writable, mode=mode)
        status = file.status
        self._files[status.st_dev, status.st_ino] = file
        return file

    def close(self) -> None:
        """Close all files."""
        for file in self._files.values():
            file.close()
        self._files.clear()
