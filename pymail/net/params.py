"""Parameters of the network packages: which addresses are this host's, and where to listen."""

from __future__ import annotations

from pymail.config.declare import ParamSet
from pymail.config.params.network import NetworkParams as network


class AddressParams(ParamSet):
    """What decides on own addresses."""

    inet_interfaces = network.inet_interfaces
    inet_protocols = network.inet_protocols
    proxy_interfaces = network.proxy_interfaces
