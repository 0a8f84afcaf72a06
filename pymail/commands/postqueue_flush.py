"""postqueue -f, -i and -s: have mail delivered now. Light.

All of the queue: two triggers. One message, or the mail of one site: a request to the flush service.
"""

from __future__ import annotations

import _socket
import os

from pymail.ipc.trigger import FLUSH_QUEUE, trigger
from pymail.log.fatal import FatalError
from pymail.proto import attr
from pymail.queue.names import is_queue_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from pymail.commands.postqueue_params import PostqueueParams
    from pymail.config.main_cf import MainCf
    from pymail.log.logger import Log

DOWN: Final = "Cannot flush mail queue - mail system is down"
#: Replies of the flush service.
_OK: Final = "0"
_BAD: Final = "3"
_DENIED: Final = "4"
#: Characters of a message's text in an error.
_SHOWN: Final = 100
_LABEL_LIMIT: Final = 63
_NAME_LIMIT: Final = 255
_TIMEOUT: Final = 3600.0


class Flush:
    """The three requests; the current directory is queue_directory."""

    __slots__ = ("_conf", "_log", "_params")

    def __init__(self, conf: MainCf, params: PostqueueParams, log: Log) -> None:
        self._conf = conf
        self._params = params
        self._log = log

    def all(self) -> None:
        """Try all mail now. Raises FatalError."""
        params = self._params
        service = f"public/{params.queue_service_name}"
        try:
            os.stat(service)
        except OSError as error:
            self._log.warning("unable to look up %s: %s", service, error.strerror)
            raise FatalError(DOWN) from error
        if not trigger(service, FLUSH_QUEUE, float(params.trigger_timeout)):
            raise FatalError(DOWN)
        trigger(f"public/{params.pickup_service_name}", timeout=float(params.trigger_timeout))

    def message(self, queue_id: str) -> None:
        """Try one deferred message now; one that does not exist is no error. Raises FatalError."""
        if not is_queue_id(queue_id):
            raise FatalError(f'Cannot flush queue ID - invalid name: "{_cut(queue_id)}"')
        status = self._request("send_file", "queue_id", queue_id)
        if status == _BAD:
            raise FatalError(f'Invalid request: "{queue_id}"')
        if status != _OK:
            raise FatalError(f"Unexpected flush server reply status {status}")

    def site(self, site: str) -> None:
        """Try the mail for one site now. Raises FatalError."""
        if not is_domain(site):
            raise FatalError(f'Cannot flush mail queue - invalid destination: "{_cut(site)}"')
        status = self._request("send_site", "site", site) if self._is_eligible(site) else _DENIED
        if status == _BAD:
            raise FatalError(f'Invalid request: "{site}"')
        if status == _DENIED:
            raise FatalError(f'Flush service is not configured for destination "{site}"')
        if status != _OK:
            raise FatalError(f"Unknown flush server reply status {status}")

    def _is_eligible(self, site: str) -> bool:
        domains = self._params.fast_flush_domains
        if not domains:
            return False
        import site as site_packages  # the light launchers start without it

        site_packages.main()
        from pymail.tables.context import from_config
        from pymail.tables.match import DomainList, parent_style

        style = parent_style("fast_flush_domains", self._params.parent_domain_matches_subdomains)
        context = from_config(self._conf, self._log, surrogates=False)
        return DomainList("fast_flush_domains", domains, context, style).matches_now(site)

    def _request(self, request: str, name: str, value: str) -> str:
        """Send a request to the flush service; return its status."""
        service = f"public/{self._params.flush_service_name}"
        client = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        client.settimeout(_TIMEOUT)
        try:
            client.connect(service)
            reader = attr.ListReader()
            attr.check_announcement(read_list(client, reader), "queue_flush_protocol")
            client.sendall(attr.encode("request", request, name, value))
            return attr.take(read_list(client, reader), "status")[0]
        except OSError as error:
            self._log.warning("connect to %s: %s", service, error.strerror or error)
            raise FatalError(DOWN) from error
        except attr.AttrError as error:
            raise FatalError(f"{service}: {error}") from error
        finally:
            client.close()


def read_list(client: _socket.socket, reader: attr.ListReader) -> list[bytes]:
    """Return the next attribute list of a server. Raises OSError, AttrError."""
    while True:
        fields = reader.next_list()
        if fields is not None:
            return fields
        octets = client.recv(1 << 16)
        if not octets:
            raise attr.AttrError("unexpected end of input")
        reader.feed(octets)


def is_domain(site: str) -> bool:
    """Say whether *site* may be a domain name or `[address]`."""
    if site.startswith("[") and site.endswith("]"):
        return len(site) > 2 and all(char.isalnum() or char in ".:%-" for char in site[1:-1])
    labels = site.split(".")
    return len(site) <= _NAME_LIMIT and all(map(_is_label, labels)) and not site.replace(".", "").isdigit()


def _is_label(label: str) -> bool:
    if not 0 < len(label) <= _LABEL_LIMIT or label[0] == "-" or label[-1] == "-":
        return False
    return all(char.isalnum() or char in "-_" for char in label)


def _cut(text: str) -> str:
    return text[:_SHOWN] + ("..." if len(text) > _SHOWN else "")
