"""The lines of the SMTP and LMTP client beside the recipient line, in Postfix's words."""

from __future__ import annotations


def connect_failed(reason: str) -> str:
    """A server cannot be reached; *reason* is `connect to H[A]:P: ...`. Without queue ID."""
    return reason


def next_server(queue_id: str, reason: str) -> str:
    """A server did not take the message, and another one is tried."""
    return f"{queue_id}: {reason}"


def breaking_lines(queue_id: str, limit: int) -> str:
    """A line is longer than smtp_line_length_limit."""
    return f"{queue_id}: breaking line > {limit} bytes with <CR><LF>SPACE"


def greeted_with_own_name(server: str, name: str) -> str:
    """The greeting looks like our own. (A warning; *server* is `H[A]:P`.)"""
    return f"host {server} greeted me with my own hostname {name}"


def answered_with_own_name(server: str, name: str) -> str:
    """The reply to EHLO looks like our own. (A warning; *server* is `H[A]:P`.)"""
    return f"host {server} replied to HELO/EHLO with my own hostname {name}"


def configuration_problem(parameter: str) -> str:
    """The hosts of a parameter cannot be used. (A warning.)"""
    return f"{parameter} configuration problem"
