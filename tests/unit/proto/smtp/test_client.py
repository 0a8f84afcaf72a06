"""The SMTP client machine."""

from __future__ import annotations

import pytest

from pymail.proto.smtp.client import (
    PIPELINE_LIMIT,
    ClientMachine,
    ClientOptions,
    Command,
    Phase,
    Replied,
    Transaction,
    Verb,
)
from pymail.proto.smtp.extensions import Extension
from pymail.proto.smtp.reply import Reply, ReplyError

PIPELINING = b"250-mx.test\r\n250-PIPELINING\r\n250 SIZE 100\r\n"


def events(machine: ClientMachine, data: bytes) -> list[tuple[Verb, int, int]]:
    """Feed octets; return verb, recipient and code of what is answered."""
    machine.receive(data)
    found = []
    while (event := machine.next_event()) is not None:
        found.append((event.command.verb, event.command.recipient, event.reply.code))
    return found


def ready(hello: bytes = b"250 mx.test\r\n", *, lmtp: bool = False) -> ClientMachine:
    """A machine behind the handshake."""
    machine = ClientMachine(ClientOptions("client.test", lmtp=lmtp))
    events(machine, b"220 mx.test ESMTP\r\n")
    machine.hello()
    machine.take_output()
    events(machine, hello)
    assert machine.phase is Phase.READY
    return machine


def test_greeting_answers_no_command() -> None:
    machine = ClientMachine(ClientOptions("client.test"))
    assert machine.expected == Command(Verb.CONNECT)
    machine.receive(b"220 mx.test ESMTP\r\n")
    assert machine.next_event() == Replied(Command(Verb.CONNECT), Reply(220, ("mx.test ESMTP",)))
    assert machine.is_settled


def test_ehlo_tells_the_offer() -> None:
    machine = ready(PIPELINING)
    assert machine.can_pipeline
    assert machine.offer.size_limit == 100


def test_discarded_keyword_is_not_offered() -> None:
    machine = ClientMachine(ClientOptions("c", discard=frozenset({Extension.PIPELINING})))
    events(machine, b"220 x\r\n")
    machine.hello()
    events(machine, PIPELINING)
    assert not machine.can_pipeline


def test_refused_ehlo_is_followed_by_helo() -> None:
    machine = ClientMachine(ClientOptions("client.test"))
    events(machine, b"220 mx.test\r\n")
    machine.hello()
    assert machine.take_output() == b"EHLO client.test\r\n"
    assert events(machine, b"502 what?\r\n") == [(Verb.EHLO, -1, 502)]
    assert machine.take_output() == b"HELO client.test\r\n"
    assert events(machine, b"250 mx.test\r\n") == [(Verb.HELO, -1, 250)]
    assert machine.phase is Phase.READY


def test_421_to_ehlo_ends_the_handshake() -> None:
    machine = ClientMachine(ClientOptions("client.test"))
    events(machine, b"220 mx.test\r\n")
    machine.hello()
    machine.take_output()
    events(machine, b"421 closing\r\n")
    assert machine.is_settled and not machine.has_output


def test_without_pipelining_one_command_at_a_time() -> None:
    machine = ready()
    machine.transaction(Transaction("a@b", ("c@d", "e@f"), ("SIZE=5",), ((), ("NOTIFY=NEVER",))))
    assert machine.take_output() == b"MAIL FROM:<a@b> SIZE=5\r\n"
    events(machine, b"250 ok\r\n")
    assert machine.take_output() == b"RCPT TO:<c@d>\r\n"
    events(machine, b"550 no\r\n")
    assert machine.take_output() == b"RCPT TO:<e@f> NOTIFY=NEVER\r\n"
    events(machine, b"250 ok\r\n")
    assert machine.take_output() == b"DATA\r\n"
    assert machine.accepted == [1]


def test_with_pipelining_a_transaction_goes_at_once() -> None:
    machine = ready(PIPELINING)
    machine.transaction(Transaction("", ("c@d", "e@f")))
    assert machine.take_output() == b"MAIL FROM:<>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n"
    assert events(machine, b"250 ok\r\n250 ok\r\n450 later\r\n354 go\r\n") == [
        (Verb.MAIL, -1, 250),
        (Verb.RCPT, 0, 250),
        (Verb.RCPT, 1, 450),
        (Verb.DATA, -1, 354),
    ]
    assert machine.phase is Phase.CONTENT


def test_pipeline_is_bounded() -> None:
    machine = ready(PIPELINING)
    recipients = tuple(f"user{number}@example.com" for number in range(2000))
    machine.transaction(Transaction("a@b", recipients))
    sent = machine.take_output()
    assert len(sent) <= PIPELINE_LIMIT
    events(machine, b"250 ok\r\n" * sent.count(b"\r\n"))
    assert machine.take_output().startswith(b"RCPT TO:<user")


def test_refused_mail_drops_what_was_not_sent() -> None:
    machine = ready()
    machine.transaction(Transaction("a@b", ("c@d",)))
    machine.take_output()
    events(machine, b"550 no\r\n")
    assert machine.is_settled and not machine.has_output


def test_data_without_a_recipient_is_not_sent() -> None:
    machine = ready()
    machine.transaction(Transaction("a@b", ("c@d",)))
    events(machine, b"250 ok\r\n550 no\r\n")
    machine.take_output()
    assert machine.is_settled and machine.accepted == []


def test_content_is_stuffed_and_ended() -> None:
    machine = ready(PIPELINING)
    machine.transaction(Transaction("a@b", ("c@d",)))
    events(machine, b"250 ok\r\n250 ok\r\n354 go\r\n")
    machine.take_output()
    assert machine.content(b".a\r\n") == b"..a\r\n"
    machine.end_of_data()
    machine.quit()
    assert machine.take_output() == b".\r\nQUIT\r\n"
    assert events(machine, b"250 queued\r\n221 bye\r\n") == [(Verb.END_OF_DATA, -1, 250), (Verb.QUIT, -1, 221)]
    assert machine.is_settled


def test_without_pipelining_quit_waits_for_the_end_of_data() -> None:
    machine = ready()
    machine.transaction(Transaction("a@b", ("c@d",)))
    events(machine, b"250 ok\r\n250 ok\r\n354 go\r\n")
    machine.take_output()
    machine.end_of_data()
    machine.quit()
    assert machine.take_output() == b".\r\n"
    events(machine, b"250 queued\r\n")
    assert machine.take_output() == b"QUIT\r\n"


def test_lmtp_answers_for_each_accepted_recipient() -> None:
    machine = ready(PIPELINING, lmtp=True)
    machine.transaction(Transaction("a@b", ("c@d", "e@f", "g@h")))
    events(machine, b"250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n")
    machine.end_of_data()
    assert events(machine, b"250 ok\r\n452 full\r\n") == [(Verb.END_OF_DATA, 0, 250), (Verb.END_OF_DATA, 2, 452)]
    assert machine.phase is Phase.READY


def test_starttls_makes_the_offer_void() -> None:
    machine = ready(PIPELINING)
    machine.send(Command(Verb.STARTTLS))
    events(machine, b"220 go\r\n")
    machine.hello()
    assert not machine.can_pipeline


def test_unsolicited_reply_is_an_error() -> None:
    machine = ready()
    machine.receive(b"250 and one more\r\n")
    with pytest.raises(ReplyError):
        machine.next_event()


def test_octets_behind_a_reply_are_seen() -> None:
    machine = ready()
    machine.send(Command(Verb.STARTTLS))
    machine.receive(b"220 go\r\n250 injected\r\n")
    assert machine.next_event() is not None
    assert machine.has_pending_input


@pytest.mark.parametrize("address", ["a@b>\r\nQUIT", "a\n@b", "a\0@b"])
def test_line_ends_never_enter_a_command(address: str) -> None:
    with pytest.raises(ValueError, match="line end"):
        Command(Verb.MAIL, f"FROM:<{address}>").wire()


def test_content_without_data_is_refused() -> None:
    machine = ready()
    with pytest.raises(ValueError, match="without DATA"):
        machine.content(b"x")
    with pytest.raises(ValueError, match="without DATA"):
        machine.end_of_data()


def test_reset_starts_anew() -> None:
    machine = ready()
    machine.reset()
    assert machine.take_output() == b"RSET\r\n"
    events(machine, b"250 ok\r\n")
    assert machine.phase is Phase.READY
