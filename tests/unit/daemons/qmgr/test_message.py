"""What a message keeps of its envelope."""

from __future__ import annotations

import pytest

from pymail.daemons.qmgr.message import Sharing, client_info
from pymail.ipc.bounce import Report, RequestKind
from pymail.ipc.delivery import RequestFlag
from pymail.queue.reader import Sizes
from tests.support.qmgr_world import make_message


def test_the_logged_client_comes_before_the_real_one() -> None:
    attributes = {
        "log_client_name": "a.test", "log_client_address": "192.0.2.1", "log_client_port": "25",
        "log_protocol_name": "ESMTP", "log_helo_name": "h.test", "client_name": "b.test", "sasl_username": "u",
        "log_ident": "I", "rewrite_context": "remote",
    }  # fmt: skip
    client = client_info(attributes)
    assert (client.name, client.address, client.port) == ("a.test", "192.0.2.1", "25")
    assert (client.protocol, client.helo, client.sasl_username) == ("ESMTP", "h.test", "u")
    assert (client.log_ident, client.rewrite_context) == ("I", "remote")


def test_old_files_have_the_real_client_only() -> None:
    client = client_info({"client_name": "b.test", "protocol_name": "SMTP", "helo_name": "h"})
    assert (client.name, client.protocol, client.helo, client.rewrite_context) == ("b.test", "SMTP", "h", "local")


@pytest.mark.parametrize(
    ("flags", "qmgr_flags", "wanted"),
    [
        pytest.param(0, 0, False, id="usual"),
        pytest.param(RequestFlag.RECORD, 0, True, id="recorded"),
        pytest.param(RequestFlag.USR_VRFY, 0, True, id="probe-of-a-user"),
        pytest.param(RequestFlag.MTA_VRFY, 0, False, id="probe-of-our-own"),
        pytest.param(RequestFlag.REC_DLY_SENT, 0, True, id="delayed"),
        pytest.param(0, 4, True, id="notify-success"),
        pytest.param(0, 8, False, id="notify-failure"),
    ],
)
def test_who_wants_a_trace(flags: int, qmgr_flags: int, wanted: bool) -> None:
    message = make_message(trace_flags=flags, sizes=Sizes(1, 1, 1, qmgr_flags))
    assert message.wants_trace is wanted


def test_the_request_for_a_report() -> None:
    message = make_message(envelope_id="E", ret_flags=1, verp_delimiters="+=", attributes={"encoding": "8bit"})
    assert message.report(RequestKind.FLUSH, 2) == Report(
        RequestKind.FLUSH, 2, "active", "AAAA1111", "8bit", 0, "a@sender.test", "E", 1, "+="
    )


def test_equal_texts_are_one_string() -> None:
    share = Sharing()
    texts = [str(number) + "x" for number in range(5000)]
    for text in texts:
        assert share("".join(list(text))) == text
        assert share("".join(list(text))) is share(text)
