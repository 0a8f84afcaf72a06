"""Read the configuration of services: at start, and again at SIGHUP."""

from __future__ import annotations

import os
import re
from typing import Final

from pymail.config import version as version_module
from pymail.config.main_cf import ConfigError, MainCf
from pymail.config.master_cf import load_master_cf
from pymail.config.version import MAIL_VERSION, PYMAIL_VERSION
from pymail.daemons.master import plumbing, service_table
from pymail.daemons.master.params import MasterParams
from pymail.daemons.master.plumbing import Network
from pymail.daemons.master.service_table import Key, Service
from pymail.daemons.master.supervise import Supervisor
from pymail.log.events import master as events
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.unix.users import User

#: What cannot change while sockets are open and locks are held.
_FIXED: Final = ("queue_directory", "inet_protocols", "inet_interfaces")


class Configurator:
    """Brings the running services in line with master.cf."""

    def __init__(self, directory: str, network: Network, owner: User | None, log: Log) -> None:
        self._directory = directory
        self._network = network
        self._owner = owner
        self._log = log

    def read(self, conf: MainCf, params: MasterParams) -> list[tuple[Service, list[tuple[str, int]]]]:
        """Read master.cf; return the services to run with their addresses. Raises ConfigError, FatalError."""
        chroot = conf.compatibility() < (1, 0, 0)
        entries = load_master_cf(os.path.join(self._directory, "master.cf"), chroot_default=chroot)
        cpus = len(os.sched_getaffinity(0))
        if not self._network.families:
            self._log.warning("all network protocols are disabled (inet_protocols = %s)", params.inet_protocols)
            self._log.warning('disabling all type "inet" services in master.cf')
        built = [
            service_table.build(entry, params, self._network.addresses, cpus)
            for entry in entries
            if not service_table.is_disabled(entry, params.master_service_disable)
            and (entry.type != "inet" or self._network.families)
        ]
        kept, replaced = service_table.last_of_each(service for service, _bound in built)
        for service in replaced:
            self._log.warning(
                'duplicate master.cf entry for service "%s" (%s) -- using the last entry',
                service.entry.name,
                service.name,
            )
        addresses = {service.key: bound for service, bound in built}
        return [(service, addresses[service.key]) for service in kept]

    def apply(self, supervisor: Supervisor, wanted: list[tuple[Service, list[tuple[str, int]]]]) -> None:
        """Start, change and end services. Raises FatalError when a socket cannot be made."""
        keys: set[Key] = {service.key for service, _bound in wanted}
        for key in [key for key in supervisor.services if key not in keys]:
            supervisor.remove(key)
        limit = supervisor.params.default_process_limit
        for service, bound in wanted:
            if service.key in supervisor.services:
                supervisor.change(service)
            else:
                supervisor.add(service, plumbing.open_service(service, bound, limit, self._owner))

    def reload(self, supervisor: Supervisor) -> None:
        """Act on SIGHUP. A configuration that cannot be used is reported, and the old one stays.

        Differs from Postfix, whose master ends then.
        """
        self._log.info(events.reload(MAIL_VERSION, self._directory))
        self._compare_versions()
        try:
            conf = MainCf.load(self._directory)
            params = MasterParams(conf)
            keep_fixed(supervisor.params, params, self._log)
            wanted = self.read(conf, params)
        except (ConfigError, FatalError) as error:
            self._log.error("%s", error)
            return
        supervisor.params = params
        try:
            self.apply(supervisor, wanted)
        except FatalError as error:
            self._log.error("%s", error)
        supervisor.preload()

    def _compare_versions(self) -> None:
        """The running code is that of the start: say so when the package has changed since."""
        installed = installed_version()
        if installed and installed != PYMAIL_VERSION:
            self._log.warning(
                "version %s is installed, but version %s is running: stop and start the mail system",
                installed,
                PYMAIL_VERSION,
            )


def keep_fixed(old: MasterParams, new: MasterParams, log: Log) -> None:
    """Put the old values of what cannot change into *new*, and say so."""
    for name in _FIXED:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            for line in events.ignored_change(name, before, after):
                log.warning("%s", line)
            setattr(new, name, before)


def installed_version() -> str:
    """Return pymail_version as it stands in the package's file now; empty when it cannot be read."""
    try:
        with open(version_module.__file__, encoding="utf-8") as file:
            found = re.search(r'^PYMAIL_VERSION = "([^"]*)"', file.read(), re.MULTILINE)
    except OSError:
        return ""
    return found[1] if found else ""
