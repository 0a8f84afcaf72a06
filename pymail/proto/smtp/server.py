"""ESMTP server: what the client may say when, and where message content starts and ends.

The machine owns syntax and order, the daemon decides each reply::

    machine.receive(octets)
    while (event := machine.next_event()) is not None:
        match event:
            case Command(): output += machine.reply(decide(event))
            case Content(block): ...                   # plain lines, see proto/line.py
            case ContentEnd(): output += machine.reply(Reply(...))

After a `Command` and after a `ContentEnd` nothing more comes until `reply` was called, so a client that sends ahead is
answered in order. A command out of order has its refusal in the event. RFC 5321 §4.1.4, RFC 2920, RFC 3030.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from pymail.proto.line import BareLinefeed, ChunkReader, DataReader, LineReader
from pymail.proto.smtp.command import VERBS, BdatArguments, CommandError, Verb, parse_bdat, split_command
from pymail.proto.smtp.reply import Reply


class State(enum.Enum):
    """Where the session is."""

    # Members are keys on a hot path; Enum's own hash is a Python function.
    __hash__ = object.__hash__

    #: No transaction. Whether the client has said hello is no state: Postfix lets it go without.
    IDLE = enum.auto()
    #: MAIL is accepted, no recipient is.
    MAIL = enum.auto()
    #: At least one recipient is accepted.
    RCPT = enum.auto()
    #: Content after DATA.
    DATA = enum.auto()
    #: The octets of a BDAT chunk.
    CHUNK = enum.auto()
    #: Between the chunks of a message.
    CHUNKED = enum.auto()
    #: A chunk was refused: those that follow are skipped, up to the last one.
    SPOILT = enum.auto()
    #: No more commands are read.
    CLOSED = enum.auto()


#: State after a positive reply. A pair that is absent leaves the state as it is. RFC 5321 §4.1.4: HELO, EHLO and RSET
#: end a transaction. STARTTLS starts anew (RFC 3207 §4.2).
ON_ACCEPT: Final[Mapping[tuple[State, Verb], State]] = {
    (State.IDLE, Verb.MAIL): State.MAIL,
    (State.MAIL, Verb.RCPT): State.RCPT,
    (State.RCPT, Verb.RCPT): State.RCPT,
    (State.RCPT, Verb.DATA): State.DATA,
    (State.RCPT, Verb.BDAT): State.CHUNK,
    (State.CHUNKED, Verb.BDAT): State.CHUNK,
    **{
        (state, verb): State.IDLE
        for state in (State.IDLE, State.MAIL, State.RCPT, State.CHUNKED, State.SPOILT)
        for verb in (Verb.HELO, Verb.EHLO, Verb.RSET, Verb.STARTTLS)
    },
    **{(state, Verb.QUIT): State.CLOSED for state in State if state is not State.CLOSED},
}

NEED_MAIL: Final = Reply.of(503, "5.5.1 Error: need MAIL command")
NEED_RCPT: Final = Reply.of(503, "5.5.1 Error: need RCPT command")
NO_RECIPIENTS: Final = Reply.of(554, "5.5.1 Error: no valid recipients")
NESTED_MAIL: Final = Reply.of(503, "5.5.1 Error: nested MAIL command")
DATA_AFTER_BDAT: Final = Reply.of(503, "5.5.1 Error: DATA after BDAT")
IN_TRANSACTION: Final = Reply.of(503, "5.5.1 Error: MAIL transaction in progress")
ETRN_IN_TRANSACTION: Final = Reply.of(503, "Error: MAIL transaction in progress")

#: The answer to a command that is out of order.
OUT_OF_ORDER: Final[Mapping[tuple[State, Verb], Reply]] = {
    (State.IDLE, Verb.RCPT): NEED_MAIL,
    (State.IDLE, Verb.DATA): NEED_RCPT,
    (State.IDLE, Verb.BDAT): NEED_RCPT,
    (State.MAIL, Verb.MAIL): NESTED_MAIL,
    (State.MAIL, Verb.DATA): NO_RECIPIENTS,
    (State.MAIL, Verb.BDAT): NO_RECIPIENTS,
    (State.MAIL, Verb.ETRN): ETRN_IN_TRANSACTION,
    (State.MAIL, Verb.AUTH): IN_TRANSACTION,
    (State.RCPT, Verb.MAIL): NESTED_MAIL,
    (State.RCPT, Verb.ETRN): ETRN_IN_TRANSACTION,
    (State.RCPT, Verb.AUTH): IN_TRANSACTION,
    (State.CHUNKED, Verb.MAIL): NESTED_MAIL,
    (State.CHUNKED, Verb.RCPT): Reply.of(503, "5.5.1 Error: RCPT after BDAT"),
    (State.CHUNKED, Verb.DATA): DATA_AFTER_BDAT,
    (State.CHUNKED, Verb.ETRN): ETRN_IN_TRANSACTION,
    (State.CHUNKED, Verb.AUTH): IN_TRANSACTION,
    (State.SPOILT, Verb.MAIL): Reply.of(503, "5.5.1 Error: MAIL after BDAT"),
    (State.SPOILT, Verb.RCPT): NEED_MAIL,
    (State.SPOILT, Verb.DATA): DATA_AFTER_BDAT,
    (State.SPOILT, Verb.AUTH): IN_TRANSACTION,
}

#: Commands that must be the last of a group even with PIPELINING, as Postfix has it (RFC 2920 §3.1).
ENDS_GROUP: Final = frozenset({Verb.HELO, Verb.EHLO, Verb.DATA, Verb.NOOP, Verb.VRFY})


class Command(NamedTuple):
    """One command line. (A tuple: it is made for every line, and a frozen dataclass takes three times as long.)"""

    verb: Verb
    #: What follows the verb, without blanks around it.
    argument: str
    #: The whole line, as it was sent.
    line: str
    #: The answer, when the command is out of order here.
    refusal: Reply | None
    #: More input was there already, though the client may not send it yet.
    is_ahead: bool
    bare_linefeed: bool
    #: The line was longer than the limit.
    truncated: bool
    bdat: BdatArguments | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Message content, plain: each LF ends a line."""

    block: bytes


@dataclass(frozen=True, slots=True)
class ContentEnd:
    """The end of the message, or (not *last*) of a chunk of it."""

    bare_linefeed: bool
    last: bool = True


@dataclass(frozen=True, slots=True)
class Skipped:
    """The octets of a refused chunk are through: now its answer may be sent."""

    wire: bytes


Event = Command | Content | ContentEnd | Skipped


class ServerMachine:
    """One connection of a client."""

    __slots__ = ("_chunk_last", "_chunk_left", "_content", "_held", "_lines", "_pending", "is_esmtp", "rule", "state")

    def __init__(self, line_limit: int, rule: BareLinefeed) -> None:
        self.state = State.IDLE
        #: The client said EHLO, so it may send ahead.
        self.is_esmtp = False
        self._lines = LineReader(line_limit)
        #: Counts for the next content, not for one that is under way.
        self.rule = rule
        self._content: DataReader | ChunkReader | None = None
        self._pending: Command | ContentEnd | None = None
        #: Octets of the current chunk that are still to come, wanted (State.CHUNK) or refused.
        self._chunk_left = 0
        self._chunk_last = False
        #: The answer to a refused chunk, while that is skipped.
        self._held = b""

    def receive(self, data: bytes) -> None:
        """Take octets from the client."""
        self._lines.feed(data)

    @property
    def has_waiting(self) -> bool:
        """Whether octets wait to be read as events."""
        return self._lines.has_pending

    @property
    def waiting_input(self) -> bytes:
        """What the client sent after the last event."""
        return self._lines.pending

    @property
    def rejects_bare_linefeed(self) -> bool:
        """Whether a bare LF is refused, in commands and in content."""
        return self.rule is BareLinefeed.REJECT

    @property
    def awaits_reply(self) -> bool:
        """Whether the client waits for our answer."""
        return self._pending is not None

    @property
    def in_transaction(self) -> bool:
        """Whether MAIL was accepted and the message has not ended."""
        return self.state in (State.MAIL, State.RCPT, State.DATA, State.CHUNK, State.CHUNKED)

    def next_event(self) -> Event | None:
        """Return what the client says next; None: more octets, or our reply, are needed."""
        if self._pending is not None or self.state is State.CLOSED:
            return None
        if self.state is State.DATA:
            return self._next_data()
        if self.state is State.CHUNK:
            return self._next_chunk()
        if self._held:
            return self._skip_chunk()
        line = self._lines.next_line()
        if line is None:
            return None
        self._pending = command = self._command(line.decode("utf-8", "surrogateescape"))
        return command

    def _command(self, line: str) -> Command:
        word, argument = split_command(line)
        verb = VERBS.get(word) or VERBS.get(word.upper(), Verb.UNKNOWN)
        lines = self._lines
        refusal = OUT_OF_ORDER.get((self.state, verb))
        bdat: BdatArguments | None = None
        if verb is Verb.BDAT:
            try:
                bdat = parse_bdat(argument)
            except CommandError as error:
                refusal = error.reply
            else:
                if self.state is State.SPOILT:
                    refusal = Reply(551, (f"5.0.0 Discarded {bdat.size} bytes after earlier error",))
        is_ahead = lines.has_pending and verb is not Verb.UNKNOWN and (not self.is_esmtp or verb in ENDS_GROUP)
        return Command(verb, argument, line, refusal, is_ahead, lines.bare_linefeed, lines.truncated, bdat)

    def _next_data(self) -> Event | None:
        reader = self._content
        assert isinstance(reader, DataReader)
        if not reader.finished:
            block = reader.feed(self._lines.take())
            if reader.finished:
                self._lines.feed(reader.rest)
            if block:
                return Content(block)
            if not reader.finished:
                return None
        self._pending = ended = ContentEnd(reader.bare_linefeed)
        return ended

    def _next_chunk(self) -> Event | None:
        reader = self._content
        assert isinstance(reader, ChunkReader)
        block = reader.feed(self._take_chunk())
        if not self._chunk_left and self._chunk_last:
            block += reader.end()
        if block:
            return Content(block)
        if self._chunk_left:
            return None
        self._pending = ended = ContentEnd(reader.bare_linefeed, self._chunk_last)
        return ended

    def _skip_chunk(self) -> Skipped | None:
        self._take_chunk()
        if self._chunk_left:
            return None
        held = self._held
        self._held = b""
        return Skipped(held)

    def _take_chunk(self) -> bytes:
        """Take octets of the chunk, as many as are there."""
        data = self._lines.take()
        if len(data) > self._chunk_left:
            self._lines.feed(data[self._chunk_left :])
            data = data[: self._chunk_left]
        self._chunk_left -= len(data)
        return data

    def accept_chunk(self) -> None:
        """Accept the BDAT command that waits: its reply is sent at the end of the chunk."""
        pending = self._pending
        assert isinstance(pending, Command) and pending.bdat is not None
        self._pending = None
        if self.state is State.RCPT:
            self._content = ChunkReader(self._lines.limit)
        self.state = ON_ACCEPT[self.state, Verb.BDAT]
        self._chunk_left = pending.bdat.size
        self._chunk_last = pending.bdat.last

    def reply(self, reply: Reply) -> bytes:
        """Answer the last command or the end of the content; the state moves only when *reply* accepts it.

        After the end of a message its transaction is over, whatever the reply is. A chunk that is refused is skipped
        first (`Skipped`), and so are those that follow it.
        """
        pending = self._pending
        self._pending = None
        if isinstance(pending, ContentEnd):
            self.state = State.IDLE if pending.last or not reply.is_positive else State.CHUNKED
            if self.state is State.IDLE:
                self._content = None
        elif pending is not None:
            if reply.is_positive:
                self._move(pending.verb)
            elif pending.bdat is not None:
                self.state = State.IDLE if pending.bdat.last else State.SPOILT
                self._content = None
                self._chunk_left = pending.bdat.size
                self._held = reply.wire()
                return b""
        return reply.wire()

    def _move(self, verb: Verb) -> None:
        state = ON_ACCEPT.get((self.state, verb))
        if state is None:
            return
        self.state = state
        if state is State.DATA:
            self._content = DataReader(self.rule, self._lines.limit)
        elif state is State.IDLE:
            self._content = None
