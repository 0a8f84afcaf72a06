"""The lines of a message stand in our log in the order in which Postfix writes them, whoever writes them.

Programs that read the log take it for granted: a delivery belongs to a message whose size and sender are known by then.
"""

from __future__ import annotations

import re

from tests.interop.conftest import MakeSystem
from tests.support.instance import Instance
from tests.support.sink import Sink
from tests.support.traffic import Traffic, by_sendmail, by_smtp

STEPS = ("client=", "uid=", "message-id=", "from=", "to=", "removed")
LINE = re.compile(r"postfix/(\w+)\[\d+\]: ([0-9A-F]{6,}): (client=|uid=|message-id=|from=|to=|removed)")


def test_the_lines_of_a_message_are_in_order(make_system: MakeSystem, sink: Sink) -> None:
    sink.replies["refused@far.test"] = b"550 5.1.1 no\r\n"
    system = make_system(Instance, {"relayhost": f"[127.0.0.1]:{sink.port}"})
    recipients = ("root@mx.test", "u@far.test", "refused@far.test")

    def recipient(token: str) -> str:
        return recipients[int(token[1:]) % 3]

    by_network = Traffic([f"n{number}" for number in range(150)], by_smtp(system.port, recipient), clients=8)
    by_hand = Traffic([f"s{number}" for number in range(10)], by_sendmail(system, recipient), clients=1)
    with by_network, by_hand:
        by_network.finish()
        by_hand.finish()
    system.wait_empty()
    system.stop()
    last: dict[str, str] = {}
    wrong = []
    for match in LINE.finditer(system.log):
        queue_id, step = match[2], match[3]
        if STEPS.index(step) < STEPS.index(last.get(queue_id, STEPS[0])):
            wrong.append((queue_id, last[queue_id], step))
        last[queue_id] = step
    assert len(last) > 160
    assert not wrong
    assert set(last.values()) == {"removed"}
