"""The lines that proxymap logs, in Postfix's words."""

from __future__ import annotations


def unapproved(table: str) -> str:
    """A client asks for a table that no parameter lists (a warning)."""
    return f'request for unapproved table: "{table}"'


def how_to_approve(table: str, access: str, parameter: str) -> str:
    """The way to allow it (a warning); *access* is `read-only` or `read-write`."""
    return f"to approve this table for {access} access, list proxy:{table} in main.cf:{parameter}"


def refused_change(table: str, request: str) -> str:
    """A client wants to change a table through the reading service (a warning)."""
    return f"refusing {table} {request} request on non-proxywrite service"


def unrecognized(name: str) -> str:
    """A request that does not exist (a warning)."""
    return f'unrecognized request: "{name}", ignored'


def table_changed(spec: str) -> str:
    """A table was replaced and cannot be opened again here: a new process must."""
    return f"table {spec} has changed -- restarting"
