"""SMTP and LMTP client: which commands may go out together, and which reply belongs to which command.

The machine owns syntax, order and pipelining; the driver owns the socket, the clock and every decision::

    machine = ClientMachine(ClientOptions(helo_name="mail.example.com"))
    machine.receive(octets)                      # octets of the server
    while (event := machine.next_event()) is not None:
        ...                                      # event.command and event.reply; ask for the next step here
    transport.write(machine.take_output())

The order of a session: the greeting arrives as an event with `Verb.CONNECT`; `hello()`; then any number of
`transaction(...)`, after the positive reply to DATA `content(...)` and `end_of_data()`; `reset()`; `quit()`. With
PIPELINING a transaction goes out in one write (RFC 2920), without it the machine sends the next command when the last
one is answered. What became pointless (RCPT and DATA after a refused MAIL, DATA without a recipient) is not sent if it
was not sent yet. `is_settled` tells that every command that was sent has its reply.

RFC 5321, RFC 2033 (LMTP), RFC 2920, RFC 1870, RFC 3461.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from pymail.proto.line import DataWriter
from pymail.proto.smtp.extensions import Extension, Offer, read_offer
from pymail.proto.smtp.reply import Reply, ReplyError, ReplyReader

#: Octets of commands that are sent ahead of their replies; the rest follows as replies arrive. It fits any socket
#: buffer, so neither side can wait for the other with full buffers (RFC 2920 §3.1).
PIPELINE_LIMIT: Final = 16 * 1024


class Verb(enum.Enum):
    """What a reply answers."""

    __hash__ = object.__hash__  # members are alone; the hash of Enum is Python code and much slower

    CONNECT = "CONNECT"
    EHLO = "EHLO"
    HELO = "HELO"
    LHLO = "LHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    AUTH_RESPONSE = "AUTH response"
    XFORWARD = "XFORWARD"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END_OF_DATA = "end of DATA"
    RSET = "RSET"
    NOOP = "NOOP"
    QUIT = "QUIT"


_WORD: Final = {verb: verb.value for verb in Verb}


class Phase(enum.Enum):
    """Where the session is, as far as the replies that arrived say."""

    GREETING = enum.auto()
    HELLO = enum.auto()
    READY = enum.auto()
    TRANSACTION = enum.auto()
    CONTENT = enum.auto()
    CONTENT_ENDED = enum.auto()
    CLOSING = enum.auto()


@dataclass(frozen=True, slots=True)
class Command:
    """A command that is sent, or will be."""

    verb: Verb
    #: Text after the verb.
    argument: str = ""
    #: RCPT, and the end of data in LMTP: the number of the recipient in its transaction. Otherwise -1.
    recipient: int = -1

    def wire(self) -> bytes:
        """The octets of the command."""
        if self.verb is Verb.AUTH_RESPONSE:
            return self.argument.encode("ascii") + b"\r\n"
        line = f"{_WORD[self.verb]} {self.argument}" if self.argument else _WORD[self.verb]
        if "\r" in line or "\n" in line or "\0" in line:
            raise ValueError("line end inside a command")
        return line.encode("utf-8", "surrogateescape") + b"\r\n"


@dataclass(frozen=True, slots=True)
class Replied:
    """The server has answered a command."""

    command: Command
    reply: Reply


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How to talk."""

    helo_name: str
    lmtp: bool = False
    #: Start with EHLO (LMTP: always LHLO); otherwise HELO.
    use_ehlo: bool = True
    #: EHLO keywords that are not believed (smtp_discard_ehlo_keywords).
    discard: frozenset[Extension] = frozenset()


@dataclass(frozen=True, slots=True)
class Transaction:
    """One message's envelope as it goes on the wire: arguments in external (quoted) form without angle brackets."""

    sender: str
    recipients: tuple[str, ...]
    #: "SIZE=4096", "BODY=8BITMIME", "RET=HDRS", ...: the driver has compared them with the offer.
    mail_parameters: tuple[str, ...] = ()
    #: "NOTIFY=...", "ORCPT=...", one tuple for each recipient; empty: none for all.
    rcpt_parameters: tuple[tuple[str, ...], ...] = ()


@dataclass(slots=True)
class ClientMachine:
    """One connection to a server."""

    options: ClientOptions
    phase: Phase = Phase.GREETING
    offer: Offer = field(default_factory=Offer)
    #: Numbers of the recipients of the current transaction that the server has accepted.
    accepted: list[int] = field(default_factory=list)
    _reader: ReplyReader = field(default_factory=ReplyReader)
    _waiting: deque[Command] = field(default_factory=deque)
    _sent: deque[tuple[Command, int]] = field(default_factory=deque)
    _in_flight: int = 0
    _output: list[bytes] = field(default_factory=list)
    _writer: DataWriter | None = None

    def __post_init__(self) -> None:
        self._sent.append((Command(Verb.CONNECT), 0))

    # What comes in.

    def receive(self, data: bytes) -> None:
        """Take octets from the server."""
        self._reader.feed(data)

    def next_event(self) -> Replied | None:
        """Return the next answered command; None: more octets are needed.

        Raises:
            ReplyError: an endless reply, or one that no command has asked for.
        """
        reply = self._reader.next_reply()
        if reply is None:
            return None
        if not self._sent:
            raise ReplyError(f"unsolicited reply: {reply.text[:100]}")
        command, size = self._sent.popleft()
        self._in_flight -= size
        self._move(command, reply)
        if self._waiting:
            self._send_more()
        return Replied(command, reply)

    @property
    def expected(self) -> Command | None:
        """The oldest command that has no reply yet."""
        return self._sent[0][0] if self._sent else None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to be sent or answered."""
        return not self._sent and not self._waiting

    @property
    def has_pending_input(self) -> bool:
        """Whether octets arrived that nothing has asked for: before STARTTLS that is an attack."""
        return self._reader.has_pending

    def _move(self, command: Command, reply: Reply) -> None:
        """Let the reply move the phase, and drop what it makes pointless."""
        verb = command.verb
        if verb is Verb.RCPT:
            if reply.is_positive:
                self.accepted.append(command.recipient)
            elif not self.accepted and not self._sent:
                # Nobody is accepted so far, and no other answer is due: DATA is pointless if it is next.
                self._drop_waiting(Verb.DATA)
        elif verb is Verb.MAIL:
            if not reply.is_positive:
                self._drop_waiting(Verb.RCPT, Verb.DATA)
        elif verb is Verb.DATA:
            if reply.code == 354:
                self.phase = Phase.CONTENT
                self._writer = DataWriter()
        elif verb is Verb.END_OF_DATA:
            if not self._sent:
                self.phase = Phase.READY
        elif verb is Verb.CONNECT:
            self.phase = Phase.HELLO
        elif verb in (Verb.EHLO, Verb.LHLO, Verb.HELO):
            if reply.is_positive:
                self.phase = Phase.READY
                self.offer = read_offer(reply, self.options.discard) if verb is not Verb.HELO else Offer()
            elif verb is Verb.EHLO and reply.code not in (421, 521):
                # RFC 5321 §3.2: a server that does not know EHLO.
                self._waiting.append(Command(Verb.HELO, self.options.helo_name))
        elif verb is Verb.RSET and self.phase is not Phase.CLOSING:
            self.phase = Phase.READY

    def _drop_waiting(self, *verbs: Verb) -> None:
        """Forget the next commands as long as they are of *verbs*."""
        while self._waiting and self._waiting[0].verb in verbs:
            self._waiting.popleft()

    # What goes out.

    def take_output(self) -> bytes:
        """Return what must be written now."""
        output = b"".join(self._output)
        self._output.clear()
        return output

    @property
    def has_output(self) -> bool:
        """Whether there is something to write."""
        return bool(self._output)

    @property
    def can_pipeline(self) -> bool:
        """Whether the server offers PIPELINING."""
        return Extension.PIPELINING in self.offer

    def hello(self) -> None:
        """Send EHLO, HELO or LHLO; a refused EHLO is followed by HELO, whose reply is another event.

        Also to be called again after STARTTLS, when everything that was offered is void (RFC 3207 §4.2).
        """
        self.offer = Offer()
        self.phase = Phase.HELLO
        verb = Verb.LHLO if self.options.lmtp else Verb.EHLO if self.options.use_ehlo else Verb.HELO
        self.send(Command(verb, self.options.helo_name))

    def transaction(self, transaction: Transaction) -> None:
        """Send MAIL, each RCPT and DATA, in one go when the server allows it.

        If DATA was sent ahead and answered 354 though no recipient is accepted, `end_of_data()` at once is the only way
        on (RFC 2920 §3.1); its reply is of no interest.
        """
        self.phase = Phase.TRANSACTION
        self.accepted = []
        words = [f"FROM:<{transaction.sender}>", *transaction.mail_parameters]
        self._waiting.append(Command(Verb.MAIL, " ".join(words)))
        parameters = transaction.rcpt_parameters
        for number, recipient in enumerate(transaction.recipients):
            words = [f"TO:<{recipient}>", *(parameters[number] if parameters else ())]
            self._waiting.append(Command(Verb.RCPT, " ".join(words), number))
        self._waiting.append(Command(Verb.DATA))
        self._send_more()

    def content(self, block: bytes) -> bytes:
        """Return content as it goes on the wire: CR LF line ends stand already, leading dots are stuffed here.

        The octets are returned, not queued, so that the driver can look at its write buffer.
        """
        if self._writer is None:
            raise ValueError("content without DATA")
        return self._writer.stuff(block)

    def end_of_data(self) -> None:
        """End the content. LMTP answers once for each accepted recipient, and none if there is none (RFC 2033 §4.2)."""
        if self._writer is None:
            raise ValueError("end of data without DATA")
        self._output.append(self._writer.end())
        self._writer = None
        self.phase = Phase.CONTENT_ENDED
        if not self.options.lmtp:
            self._sent.append((Command(Verb.END_OF_DATA), 0))
        elif self.accepted:
            self._sent.extend((Command(Verb.END_OF_DATA, "", number), 0) for number in self.accepted)
        else:
            # A server that said 354 without a recipient owes one refusal.
            self._sent.append((Command(Verb.END_OF_DATA), 0))

    def reset(self) -> None:
        """Send RSET."""
        self.send(Command(Verb.RSET))

    def quit(self) -> None:
        """Send QUIT; may follow other commands at once."""
        self.phase = Phase.CLOSING
        self.send(Command(Verb.QUIT))

    def send(self, command: Command) -> None:
        """Send any command after those that wait."""
        self._waiting.append(command)
        self._send_more()

    def _send_more(self) -> None:
        """Move commands from waiting to sent, as many as the protocol allows."""
        waiting, sent = self._waiting, self._sent
        while waiting:
            command = waiting[0]
            if sent and not self._may_follow(sent[-1][0].verb, command.verb):
                return
            wire = command.wire()
            if self._in_flight and self._in_flight + len(wire) > PIPELINE_LIMIT:
                return
            waiting.popleft()
            sent.append((command, len(wire)))
            self._in_flight += len(wire)
            self._output.append(wire)

    def _may_follow(self, last: Verb, verb: Verb) -> bool:
        """Whether *verb* may be sent while *last* has no reply. RFC 2920 §3.1."""
        if last in _ENDS_GROUP and not (last is Verb.END_OF_DATA and verb in _BEHIND_CONTENT):
            return False
        return Extension.PIPELINING in self.offer.extensions


#: What may follow the end of the content without a wait.
_BEHIND_CONTENT: Final = (Verb.QUIT, Verb.RSET, Verb.MAIL)
#: Commands whose reply must be awaited before anything else is sent. RFC 2920 §3.1; STARTTLS: RFC 3207, AUTH: RFC 4954.
_ENDS_GROUP: Final = frozenset(
    {
        Verb.CONNECT,
        Verb.EHLO,
        Verb.HELO,
        Verb.LHLO,
        Verb.STARTTLS,
        Verb.AUTH,
        Verb.AUTH_RESPONSE,
        Verb.DATA,
        Verb.END_OF_DATA,
        Verb.NOOP,
        Verb.QUIT,
    }
)
