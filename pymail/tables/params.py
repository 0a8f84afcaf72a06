"""What the lookup tables read from main.cf."""

from __future__ import annotations

from pymail.config import declare
from pymail.config.declare import ParamSet
from pymail.config.params.network import NetworkParams
from pymail.config.params.process import ProcessParams


class TableParams(ParamSet):
    """Parameters of lookup tables, read by every program that opens one."""

    queue_directory = ProcessParams.queue_directory
    default_database_type = ProcessParams.default_database_type
    smtputf8_enable = NetworkParams.smtputf8_enable
    lmdb_map_size = declare.size(
        16777216, doc="The first size limit of an LMDB file, in octets; it grows on demand.", since="2.11", minimum=1
    )
