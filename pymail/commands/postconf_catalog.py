"""All parameters that there are, for postconf: declared ones, Postfix's that no code reads yet, per-service ones.

Postfix's facts are in `config/defaults.tsv` and `config/obsolete.tsv`; what our code declares comes before them.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pymail
import pymail.config
from pymail.config.declare import Declaration, ParamSet
from pymail.config.main_cf import SERVICE_DEFAULTS, MainCf, read_default_rows
from pymail.config.master_cf import RawEntry, split_override, ungrouped

#: Delivery agents of the queue manager: each service of theirs has its own scheduling parameters.
DELIVERY_COMMANDS: Final = frozenset(("error", "lmtp", "local", "pipe", "smtp", "virtual"))
#: Services that run commands have a time limit.
TIMED_COMMANDS: Final = frozenset(("pipe", "spawn"))

#: What follows the name of the service, and the parameter that gives the default.
SERVICE_SUFFIXES: Final[Mapping[str, str]] = {
    "_delivery_slot_cost": "default_delivery_slot_cost",
    "_delivery_slot_discount": "default_delivery_slot_discount",
    "_delivery_slot_loan": "default_delivery_slot_loan",
    "_destination_concurrency_failed_cohort_limit": "default_destination_concurrency_failed_cohort_limit",
    "_destination_concurrency_limit": "default_destination_concurrency_limit",
    "_destination_concurrency_negative_feedback": "default_destination_concurrency_negative_feedback",
    "_destination_concurrency_positive_feedback": "default_destination_concurrency_positive_feedback",
    "_destination_rate_delay": "default_destination_rate_delay",
    "_destination_recipient_limit": "default_destination_recipient_limit",
    "_extra_recipient_limit": "default_extra_recipient_limit",
    "_initial_destination_concurrency": "initial_destination_concurrency",
    "_minimum_delivery_slots": "default_minimum_delivery_slots",
    "_recipient_limit": "default_recipient_limit",
    "_recipient_refill_delay": "default_recipient_refill_delay",
    "_recipient_refill_limit": "default_recipient_refill_limit",
    "_transport_rate_delay": "default_transport_rate_delay",
}

#: Tables whose settings may stand in main.cf under the prefix NAME_ (`ldap:NAME`).
_SOURCE = re.compile(r"\b(?:ldap|memcache|mysql|pgsql|sqlite):(?:\{)?([A-Za-z0-9_]+)(?![/\w])")
_REFERENCE = re.compile(r"\$[({]?\s*([A-Za-z0-9_]+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as postconf knows it; *kind* is the type name of the declaration."""

    name: str
    kind: str
    default: str


@dataclass(frozen=True, slots=True)
class Obsolete:
    """What became of a parameter: *fate* is "deprecated" or "removed", *instead* what to do."""

    fate: str
    instead: str


def declared_parameters() -> dict[str, Declaration]:
    """Return every declaration of every parameter set in the package."""
    declarations: dict[str, Declaration] = {}
    for module_name in sorted(parameter_modules()):
        module = importlib.import_module(module_name)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, ParamSet):
                declarations.update(value.declarations())
    return declarations


def parameter_modules() -> Iterator[str]:
    """Yield the names of all modules that hold parameter sets."""
    for info in pkgutil.walk_packages(pymail.__path__, "pymail."):
        parent, _, name = info.name.rpartition(".")
        if name == "params" or name.endswith("_params") or parent == "pymail.config.params":
            yield info.name


def builtin_parameters() -> dict[str, Parameter]:
    """Return all parameters but the per-service ones, by name."""
    known = {name: Parameter(name, kind, default) for name, kind, default in read_default_rows()}
    for name, declaration in declared_parameters().items():
        known[name] = Parameter(name, declaration.type, declaration.default)
    return known


def service_parameters(entries: Iterable[RawEntry]) -> dict[str, Parameter]:
    """Return the parameters that the services in master.cf bring with them."""
    known: dict[str, Parameter] = {}
    for entry in entries:
        if len(entry.fields) < 8:
            continue
        service, command = entry.fields[0], entry.fields[7]
        if command in DELIVERY_COMMANDS and entry.fields[1] != "inet":
            for suffix, default in SERVICE_SUFFIXES.items():
                name = service + suffix
                known[name] = Parameter(name, "string", SERVICE_DEFAULTS.get(name, "$" + default))
        if command in TIMED_COMMANDS:
            name = service + "_time_limit"
            known[name] = Parameter(name, "time", "$command_time_limit")
    return known


def obsolete_parameters() -> dict[str, Obsolete]:
    """Return what Postfix gives up, by name."""
    known = {}
    path = os.path.join(os.path.dirname(pymail.config.__file__ or ""), "obsolete.tsv")
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                name, fate, instead = line.rstrip("\n").split("\t")
                known[name] = Obsolete(fate, instead)
    return known


def references(text: str) -> list[str]:
    """Return the names that *text* refers to with $name, each once."""
    return list(dict.fromkeys(_REFERENCE.findall(text.replace("$$", ""))))


def overrides(entry: RawEntry) -> list[tuple[str, str]]:
    """Return the `-o name=value` settings of an entry, in their order."""
    found = []
    words = iter(entry.arguments)
    for word in words:
        if not word.startswith("-"):
            break
        if word == "-o":
            try:
                found.append(split_override(next(words, "")))
            except ValueError:
                continue
        elif word.startswith("-o"):
            try:
                found.append(split_override(ungrouped(word[2:])))
            except ValueError:
                continue
    return found


@dataclass(frozen=True, slots=True)
class Catalog:
    """The parameters that are in use with one main.cf and master.cf."""

    builtin: Mapping[str, Parameter]
    service: Mapping[str, Parameter]
    user: frozenset[str]  # set in main.cf, and used by another value
    undefined: tuple[str, ...]  # used in main.cf, set nowhere

    def find(self, name: str) -> Parameter | None:
        """Return a built-in or per-service parameter."""
        return self.builtin.get(name) or self.service.get(name)


def make_catalog(conf: MainCf, entries: Iterable[RawEntry]) -> Catalog:
    """Find out which names in *conf* mean something."""
    entries = list(entries)
    builtin = builtin_parameters()
    service = service_parameters(entries)
    settings = {name: conf.raw(name) or "" for name in conf.names()}
    referenced = {name for text in settings.values() for name in references(text)}
    prefixes: set[str] = set()
    for parameter in (*builtin.values(), *service.values()):
        if parameter.kind != "raw":
            text = settings.get(parameter.name, parameter.default)
            referenced.update(references(text))
            prefixes.update(_SOURCE.findall(text))
    for entry in entries:
        for _, text in overrides(entry):
            referenced.update(references(text))
    referenced.update(settings.get("smtpd_restriction_classes", "").replace(",", " ").split())
    user = {name for name in settings if name in referenced}
    undefined = {
        name
        for setting, text in settings.items()
        if _expands(builtin, service, user, setting)
        for name in references(text)
        if name not in builtin and name not in service and name not in settings
    }
    for name in settings:
        if name not in builtin and any(name.startswith(prefix + "_") for prefix in prefixes):
            user.add(name)
    return Catalog(builtin, service, frozenset(user - builtin.keys()), tuple(sorted(undefined)))


def _expands(
    builtin: Mapping[str, Parameter], service: Mapping[str, Parameter], user: Iterable[str], name: str
) -> bool:
    """Say whether some program expands the value of *name*."""
    parameter = builtin.get(name) or service.get(name)
    return name in user if parameter is None else parameter.kind != "raw"
