"""What can go wrong between two daemons."""

from __future__ import annotations


class ServiceError(Exception):
    """A service cannot be reached, went away, took too long, or broke the protocol.

    The caller answers for it: 4xx to a client, *deferred* for a recipient, a kept file.
    """
