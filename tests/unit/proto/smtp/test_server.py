"""The ESMTP server machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.proto.line import BareLinefeed
from pymail.proto.smtp.command import Verb
from pymail.proto.smtp.reply import Reply
from pymail.proto.smtp.server import (
    NEED_MAIL,
    NEED_RCPT,
    NESTED_MAIL,
    NO_RECIPIENTS,
    Command,
    Content,
    ContentEnd,
    ServerMachine,
    Skipped,
    State,
)

OK = Reply.of(250, "2.0.0 Ok")
GO = Reply.of(354, "Go")
NO = Reply.of(550, "5.0.0 No")
LINES = {
    Verb.EHLO: b"EHLO x\r\n",
    Verb.MAIL: b"MAIL FROM:<a@b>\r\n",
    Verb.RCPT: b"RCPT TO:<a@b>\r\n",
    Verb.DATA: b"DATA\r\n",
    Verb.RSET: b"RSET\r\n",
    Verb.NOOP: b"NOOP\r\n",
    Verb.BDAT: b"BDAT 3 LAST\r\nx\r\n",
    Verb.UNKNOWN: b"FOO bar\r\n",
}


def machine() -> ServerMachine:
    return ServerMachine(2048, BareLinefeed.NORMALIZE)


def play(data: bytes, size: int = 1000) -> tuple[list[object], bytes, State]:
    """Feed *data*; accept what is in order, and return what happened, the replies and the last state."""
    server = machine()
    happened: list[object] = []
    output = b""
    content = b""
    for start in range(0, len(data), size):
        server.receive(data[start : start + size])
        while (event := server.next_event()) is not None:
            match event:
                case Command(verb, argument, refusal=refusal):
                    happened.append((verb, argument, refusal))
                    if refusal is None and verb is Verb.BDAT:
                        server.accept_chunk()
                    else:
                        output += server.reply(refusal or (GO if verb is Verb.DATA else OK))
                case Content(block):
                    content += block
                case ContentEnd(last=last):
                    happened.append((content, last))
                    content = b""
                    output += server.reply(OK)
                case Skipped(wire):
                    output += wire
    return happened, output, server.state


@pytest.mark.parametrize(
    ("verbs", "refusal"),
    [
        pytest.param([Verb.RCPT], NEED_MAIL, id="rcpt-first"),
        pytest.param([Verb.DATA], NEED_RCPT, id="data-first"),
        pytest.param([Verb.BDAT], NEED_RCPT, id="bdat-first"),
        pytest.param([Verb.MAIL, Verb.MAIL], NESTED_MAIL, id="mail-twice"),
        pytest.param([Verb.MAIL, Verb.DATA], NO_RECIPIENTS, id="data-without-recipient"),
        pytest.param([Verb.MAIL, Verb.RSET, Verb.RCPT], NEED_MAIL, id="rcpt-after-rset"),
        pytest.param([Verb.MAIL, Verb.EHLO, Verb.RCPT], NEED_MAIL, id="rcpt-after-ehlo"),
        pytest.param([Verb.MAIL, Verb.RCPT, Verb.RCPT, Verb.NOOP, Verb.RCPT], None, id="in-order"),
    ],
)
def test_order_of_commands(verbs: list[Verb], refusal: Reply | None) -> None:
    happened = play(b"".join(LINES[verb] for verb in verbs))[0]
    assert happened[-1] == (verbs[-1], happened[-1][1], refusal)  # type: ignore[index]  # a tuple


def test_refused_command_leaves_the_state() -> None:
    server = machine()
    server.receive(LINES[Verb.MAIL])
    assert isinstance(server.next_event(), Command)
    assert server.reply(NO) == b"550 5.0.0 No\r\n"
    assert server.state is State.IDLE


def test_nothing_comes_before_the_reply() -> None:
    server = machine()
    server.receive(LINES[Verb.NOOP] + LINES[Verb.NOOP])
    assert server.next_event() is not None
    assert server.awaits_reply
    assert server.next_event() is None
    server.reply(OK)
    assert server.next_event() is not None


def test_content_ends_and_commands_go_on() -> None:
    data = LINES[Verb.MAIL] + LINES[Verb.RCPT] + LINES[Verb.DATA] + b"a\r\n..b\r\n.\r\n" + LINES[Verb.NOOP]
    happened, output, state = play(data)
    assert happened[3:] == [(b"a\n.b\n", True), (Verb.NOOP, "", None)]
    assert output.count(b"250") == 4 and output.count(b"354") == 1
    assert state is State.IDLE


def test_chunks_make_one_message() -> None:
    data = LINES[Verb.MAIL] + LINES[Verb.RCPT] + b"BDAT 4\r\na\r\n.BDAT 2 LAST\r\n\r\n" + LINES[Verb.NOOP]
    happened = play(data)[0]
    assert happened[3:] == [(b"a\n", False), (Verb.BDAT, "2 LAST", None), (b".\n", True), (Verb.NOOP, "", None)]


def test_refused_chunk_is_skipped_and_answered_behind_it() -> None:
    server = machine()
    server.receive(b"BDAT 6 LAST\r\nQU")
    command = server.next_event()
    assert isinstance(command, Command) and command.refusal == NEED_RCPT
    assert server.reply(NEED_RCPT) == b""
    assert server.next_event() is None
    server.receive(b"IT\r\nNOOP\r\n")
    assert server.next_event() == Skipped(NEED_RCPT.wire())
    command = server.next_event()
    assert isinstance(command, Command) and command.verb is Verb.NOOP


def test_chunks_behind_a_refused_one_are_discarded() -> None:
    output = play(b"BDAT 1\r\nxBDAT 2\r\nyyMAIL FROM:<a@b>\r\nBDAT 1 LAST\r\nz" + LINES[Verb.MAIL])[1]
    assert output.split(b"\r\n")[:-1] == [
        b"503 5.5.1 Error: need RCPT command",
        b"551 5.0.0 Discarded 2 bytes after earlier error",
        b"503 5.5.1 Error: MAIL after BDAT",
        b"551 5.0.0 Discarded 1 bytes after earlier error",
        b"250 2.0.0 Ok",
    ]


@pytest.mark.parametrize(
    ("is_esmtp", "line", "is_ahead"),
    [
        pytest.param(False, b"RSET\r\nNOOP\r\n", True, id="without-ehlo-nothing-may-follow"),
        pytest.param(True, b"RSET\r\nNOOP\r\n", False, id="rset-may-be-followed"),
        pytest.param(True, b"DATA\r\nx", True, id="data-may-not"),
        pytest.param(True, b"NOOP\r\nx", True, id="noop-may-not"),
        pytest.param(True, b"NOOP\r\n", False, id="nothing-follows"),
        pytest.param(False, b"FOO\r\nx", False, id="unknown-command"),
    ],
)
def test_sending_ahead_is_seen(is_esmtp: bool, line: bytes, is_ahead: bool) -> None:
    server = machine()
    server.is_esmtp = is_esmtp
    server.receive(line)
    command = server.next_event()
    assert isinstance(command, Command)
    assert command.is_ahead == is_ahead


def test_quit_closes() -> None:
    server = machine()
    server.receive(b"quit\r\nNOOP\r\n")
    assert isinstance(server.next_event(), Command)
    server.reply(Reply.of(221, "Bye"))
    assert server.next_event() is None
    assert server.state is State.CLOSED and not server.in_transaction


def test_end_of_message_ends_the_transaction_whatever_the_reply() -> None:
    server = machine()
    server.receive(LINES[Verb.MAIL] + LINES[Verb.RCPT] + LINES[Verb.DATA])
    for reply in (OK, OK, GO):
        assert isinstance(server.next_event(), Command)
        server.reply(reply)
    assert server.in_transaction
    server.receive(b".\r\n")
    assert isinstance(server.next_event(), ContentEnd)
    server.reply(NO)
    assert server.state is State.IDLE


@given(st.lists(st.sampled_from(list(LINES)), max_size=12), st.integers(1, 7))
def test_any_split_gives_the_same_dialogue(verbs: list[Verb], size: int) -> None:
    data = b"".join(LINES[verb] for verb in verbs) + b".\r\n"
    assert play(data, size) == play(data, len(data))


@given(st.binary(max_size=60), st.integers(1, 7))
def test_no_input_raises(data: bytes, size: int) -> None:
    play(LINES[Verb.MAIL] + LINES[Verb.RCPT] + data, size)
