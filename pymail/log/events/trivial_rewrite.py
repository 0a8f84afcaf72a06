"""The lines that trivial-rewrite logs, in Postfix's words."""

from __future__ import annotations


def lookup_failure(parameter: str) -> str:
    """A table of *parameter* failed (a warning)."""
    return f"{parameter} lookup failure"


def listed_twice(domain: str, one: str, other: str) -> str:
    """A domain is in two address classes (a warning)."""
    return f"do not list domain {domain} in BOTH {one} and {other}"


def null_transport(config_file: str, parameter: str) -> str:
    """A transport has no name (a warning)."""
    return f"file {config_file}: parameter {parameter}: null transport is not allowed"


def too_deep(address: str) -> str:
    """An address inside an address inside an address ... (a warning)."""
    return f"resolve_addr: <{address}>: giving up after 100 iterations"


def unknown_context(rule: str) -> str:
    """A request names a rule that does not exist (a warning)."""
    return f"unknown context: {rule}"


def bad_command(name: str) -> str:
    """A request that does not exist (a warning)."""
    return f"bad command {name[:30]}"


def table_changed(spec: str) -> str:
    """A table was replaced and cannot be opened again here: a new process must."""
    return f"table {spec} has changed -- restarting"
