"""What main.cf sets and nobody reads: an administrator must hear of it, not find out.

A parameter counts as read when a program lists it in its parameter set; the shared themes only declare.
"""

from __future__ import annotations

import importlib
from typing import Final

from pymail.commands.postconf_catalog import builtin_parameters, parameter_modules
from pymail.config.declare import ParamSet
from pymail.config.main_cf import MainCf

#: Folders of documentation and names of commands, for installation scripts alone: nothing is lost without them.
HARMLESS: Final = frozenset(
    (
        "readme_directory", "html_directory", "manpage_directory", "sample_directory", "sendmail_path", "mailq_path",
        "newaliases_path", "biff", "debugger_command", "meta_directory", "shlib_directory",
    )
)  # fmt: skip
#: What is read by name, before or without a parameter set: the log, computed defaults, newaliases.
READ_BY_NAME: Final = frozenset(
    (
        "alias_database", "compatibility_level", "empty_address_local_login_sender_maps_lookup_key",
        "local_login_sender_maps", "mynetworks_style", "multi_instance_name", "postlog_service_name",
        "syslog_facility", "syslog_name",
    )
)  # fmt: skip
_THEMES: Final = "pymail.config.params."


def read_parameters() -> frozenset[str]:
    """Return the names that some program reads."""
    names: set[str] = set()
    for module_name in parameter_modules():
        if module_name.startswith(_THEMES):
            continue
        for value in vars(importlib.import_module(module_name)).values():
            if isinstance(value, type) and issubclass(value, ParamSet) and not value.__module__.startswith(_THEMES):
                names |= value.declarations().keys()
    return frozenset(names)


def settings_without_effect(conf: MainCf) -> list[str]:
    """Return a warning for each setting of Postfix's that differs from its default and that nobody reads here."""
    read = read_parameters() | READ_BY_NAME | HARMLESS
    builtin = builtin_parameters()
    warnings = []
    for name in conf.names():
        parameter = builtin.get(name)
        if parameter is None or name in read or (conf.raw(name) or "").strip() == parameter.default:
            continue
        path, line = conf.place(name)
        warnings.append(f"{path}, line {line}: {name}: this parameter has no effect yet")
    return warnings
