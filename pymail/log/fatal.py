"""The exception for a wrong configuration or environment: the program logs it and ends with status 1. Light."""

from __future__ import annotations


class FatalError(Exception):
    """str() is the text of the log line, without "fatal: "."""
