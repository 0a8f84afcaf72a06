"""Defaults that no text can give: they depend on the host, the process, or the configuration directory. Light.

Each function takes the configuration and returns the value as text; MainCf asks only when the parameter is needed and
main.cf does not set it.
"""

from __future__ import annotations

import os
import sys

from pymail.config.version import MAIL_VERSION, PYMAIL_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pymail.config.main_cf import MainCf

DEFAULT_DOMAIN = "localdomain"


def myhostname(conf: MainCf) -> str:
    """Return the system's host name, completed with mydomain (or "localdomain") if it has no dot."""
    name = os.uname().nodename
    if "." in name:
        return name
    domain = conf.value("mydomain") if conf.raw("mydomain") is not None else DEFAULT_DOMAIN
    return f"{name}.{domain}"


def mydomain(conf: MainCf) -> str:
    """Return myhostname without its first label."""
    _, dot, rest = conf.value("myhostname").partition(".")
    return rest if dot else DEFAULT_DOMAIN


def mynetworks(conf: MainCf) -> str:
    """Return the networks of this host's interfaces that mynetworks_style selects."""
    # Imported here: it needs sockets, which most short-lived commands do not load.
    from pymail.config.own_networks import own_networks

    return own_networks(conf.value("mynetworks_style"), conf.value("inet_interfaces"), conf.value("inet_protocols"))


def process_name(conf: MainCf) -> str:
    """Return the name of the program file; servers set the real one."""
    return os.path.basename(sys.argv[0])


COMPUTED: Mapping[str, Callable[[MainCf], str]] = {
    "config_directory": lambda conf: conf.directory,
    "mail_version": lambda conf: MAIL_VERSION,
    "mydomain": mydomain,
    "myhostname": myhostname,
    "mynetworks": mynetworks,
    "process_id": lambda conf: str(os.getpid()),
    "process_name": process_name,
    "pymail_version": lambda conf: PYMAIL_VERSION,
    "service_name": lambda conf: "",
    "stress": lambda conf: "",
}


def domain_to_ascii(domain: str) -> str:
    """Return the form with xn-- labels; what cannot be converted stays as it is."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


#: Functions of `${function{text}}` in main.cf.
FUNCTIONS: Mapping[str, Callable[[str], str]] = {"domain_to_ascii": domain_to_ascii}
