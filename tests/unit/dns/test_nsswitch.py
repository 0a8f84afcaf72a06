"""The order of the sources of host names."""

from __future__ import annotations

import pytest

from pymail.dns.nsswitch import HostSources, parse_nsswitch


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        pytest.param("", HostSources(("files", "dns")), id="default"),
        pytest.param("passwd: files\nhosts:\tfiles dns # both\n", HostSources(("files", "dns")), id="usual"),
        pytest.param("hosts: dns files", HostSources(("dns", "files")), id="dns-first"),
        pytest.param("hosts: files", HostSources(("files",)), id="files-only"),
        pytest.param("hosts:", HostSources(("files", "dns")), id="empty"),
        pytest.param(
            "hosts: files mdns4_minimal [NOTFOUND=return] dns", HostSources(("files", "dns"), foreign=True), id="mdns"
        ),
    ],
)
def test_the_hosts_line_is_read(text: str, sources: HostSources) -> None:
    assert parse_nsswitch(text) == sources
