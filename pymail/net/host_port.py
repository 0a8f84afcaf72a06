"""Split `host:port` in the forms that master.cf and next hops have: `host:port`, `[host]:port`, `port`, `host`."""

from __future__ import annotations


class HostPortError(ValueError):
    """A text that is no host and port; str() is Postfix's reason."""


def split_listener(text: str) -> tuple[str, str]:
    """Return host and port of a master.cf service: `port`, `:port`, `host:port`, `[v6]:port`. Host "" is any.

    Raises HostPortError.
    """
    if text.startswith("["):
        host, port = _split_bracket(text)
    else:
        host, _colon, port = text.rpartition(":")
    if not port:
        raise HostPortError("missing service port")
    return host, _valid_port(port)


def split_destination(text: str, default_port: str) -> tuple[str, str]:
    """Return host and port of a next hop: `host`, `host:port`, `[host]`, `[host]:port`. Raises HostPortError."""
    if text.startswith("["):
        host, port = _split_bracket(text)
    else:
        host, colon, port = text.partition(":")
        if colon and ":" in port:
            raise HostPortError("malformed domain or host name")
    if not host:
        raise HostPortError("missing host name")
    return host, _valid_port(port or default_port)


def _split_bracket(text: str) -> tuple[str, str]:
    host, bracket, rest = text[1:].partition("]")
    if not bracket:
        raise HostPortError('missing "]"')
    if rest and not rest.startswith(":"):
        raise HostPortError('garbage after "]"')
    if host[:5].lower() == "ipv6:":
        host = host[5:]
    return host, rest[1:]


def _valid_port(port: str) -> str:
    if port.isdigit() and not 0 <= int(port) <= 65535:
        raise HostPortError("bad service port")
    if any(char.isspace() for char in port):
        raise HostPortError("bad service port")
    return port


def join(host: str, port: str | int) -> str:
    """Return `host:port`, or `[host]:port` for an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
