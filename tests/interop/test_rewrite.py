"""trivial-rewrite beside Postfix's, over their sockets: the same answer for each address."""

from __future__ import annotations

import pytest

from pymail.ipc import rewrite
from pymail.ipc.blocking import BlockingClient
from pymail.ipc.errors import ServiceError
from tests.support.instance import Instance, OracleInstance, running, scratch_folder
from tests.support.oracle import needs_postfix, needs_root

pytestmark = [needs_postfix, needs_root]

TRANSPORTS = (
    "inline:{ t1.test=smtp:[10.0.0.1]:26, { .t1.test = lmtp:inet:1.2.3.4 }, t2.test=:next.test, t3.test=relay:, "
    "{ u@t4.test = error:5.1.1 no }, t5.test=discard: }"
)
SETTINGS = {
    "relay_domains": "relay.test",
    "virtual_alias_domains": "alias.test",
    "virtual_alias_maps": "inline:{ joe@alias.test=root }",
    "virtual_mailbox_domains": "vmail.test",
    "virtual_mailbox_maps": "inline:{ v@vmail.test=v/ }",
    "recipient_delimiter": "+",
    "transport_maps": TRANSPORTS,
}
CASES = {
    "plain": {},
    "relayhost": {"relayhost": "[smart.test]:587"},
    "sender-dependent": {"sender_dependent_relayhost_maps": "inline:{ s@x.test=[by-sender.test] }"},
    "no-hacks": {"swap_bangpath": "no", "allow_percent_hack": "no", "append_dot_mydomain": "yes"},
    "quoted": {"resolve_dequoted_address": "no"},
}
ADDRESSES = [
    "root",
    "root@",
    "@mx.test",
    "root@mx.test",
    "ROOT@MX.TEST",
    "u@localhost",
    "u@localhost.test",
    "u@far",
    "u@far.test",
    "u%far.test@mx.test",
    "u%far.test",
    "far.test!u",
    "a!b!c",
    "@x.test:u@far.test",
    "@x.test,@y.test:u@far.test",
    '"a b"@far.test',
    '"u@far.test"@mx.test',
    "u@[127.0.0.1]",
    "u@[192.0.2.1]",
    "u@[127.0.0.1",
    "u@relay.test",
    "u@sub.relay.test",
    "joe@alias.test",
    "no@alias.test",
    "v@vmail.test",
    "no@vmail.test",
    "u@t1.test",
    "u@s.t1.test",
    "u@t2.test",
    "u@t3.test",
    "u@t4.test",
    "x@t4.test",
    "u@t5.test",
    "u+x@t4.test",
    "",
    "u@1.2.3.4",
    "u@far.test.",
    "u@far..test",
    ".u@far.test",
    "u.@far.test",
    "a b@far.test",
    "u@-far.test",
    "u@far_x.test",
    "<u@far.test>",
    "u@@far.test",
    "u@v@far.test",
    "postmaster",
    "MAILER-DAEMON",
    "double-bounce@mx.test",
    "u(c)@far.test",
    "ü@far.test",
    "u@mx.test.",
    "u@MX.test",
    "a,b@far.test",
    "u@far.test,v@far.test",
]
#: An old Postfix may start with another default than ours; here both say it.
COMMON = {"append_dot_mydomain": "no", "smtputf8_enable": "yes"}


def answers(instance: Instance) -> dict[tuple[str, str], list[str]]:
    """Return what its service says about each address, by address and request."""
    client = BlockingClient(str(instance.queue / "private/rewrite"), rewrite.PROTOCOL, 10)
    found = {}
    for address in ADDRESSES:
        requests = {
            "rewrite local": rewrite.encode_rewrite("local", address or '""'),
            "rewrite remote": rewrite.encode_rewrite("remote", address or '""'),
            "resolve": rewrite.encode_resolve(rewrite.RESOLVE, "s@x.test", address),
            "verify": rewrite.encode_resolve(rewrite.VERIFY, "s@x.test", address),
        }
        for name, octets in requests.items():
            try:
                found[address, name] = [value.decode() for value in client.request(octets)[1::2]]
            except ServiceError:
                found[address, name] = ["hung up"]
    client.close()
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_answers_are_postfix_s(case: str) -> None:
    settings = {**SETTINGS, **COMMON, **CASES[case]}
    with scratch_folder() as one, scratch_folder() as other:
        ours, theirs = Instance(one, settings), OracleInstance(other, settings)
        with running(ours, theirs):
            assert answers(ours) == answers(theirs)
