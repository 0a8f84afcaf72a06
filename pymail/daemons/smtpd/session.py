"""One client on the event loop: octets in, octets out, time limits, error limits, and the lines about it in the log.

The protocol's rules are in `proto/smtp/server.py`, the answers in `dispatch.py`. Here a coroutine answers each event;
if it does not have to wait, which is the rule, it runs like a function. While one waits, nothing more is read.
"""

from __future__ import annotations

import asyncio
from typing import Final

from pymail.daemons.smtpd import mail_commands
from pymail.daemons.smtpd.access.facts import HANGUP, Client, Facts
from pymail.daemons.smtpd.dialogue import Dialogue
from pymail.daemons.smtpd.dispatch import BAD_SYNTAX, BAD_UTF8, BREAK_RULES, answer
from pymail.daemons.smtpd.message import Route
from pymail.daemons.smtpd.session_commands import OK
from pymail.daemons.smtpd.shared import Acquaintance, Settings, Shared
from pymail.dns.hosts import UNKNOWN, ClientName, NameStatus
from pymail.ipc import eager
from pymail.log.events import smtpd as events
from pymail.proto.line import BareLinefeed
from pymail.proto.smtp.command import Verb
from pymail.proto.smtp.reply import Reply
from pymail.proto.smtp.server import Command, Content, ContentEnd, ServerMachine, Skipped
from pymail.server.session import Session
from pymail.tables.base import TableError
from pymail.util.text import printable

SYNCHRONIZATION: Final = Reply(554, ("5.5.0 Error: SMTP protocol synchronization",))
#: Commands that a client may send without end, but not for nothing (smtpd_junk_command_limit).
JUNK: Final = frozenset({Verb.HELO, Verb.EHLO, Verb.RSET, Verb.NOOP, Verb.VRFY, Verb.ETRN, Verb.HELP})
#: Octets of improper input that the log shows.
EXCERPT: Final = 100
#: The order in which commands are counted in the log.
_ORDER: Final = tuple(Verb)
_MAPPED: Final = "::ffff:"
_ESCAPES: Final = {"\r": "\\r", "\n": "\\n", "\t": "\\t", "\\": "\\\\"}


class SmtpdSession(Session):
    """One client."""

    __slots__ = (
        "_blocked",
        "_busy",
        "_closing",
        "_command",
        "_counts",
        "_deadline",
        "_dialogue",
        "_eof",
        "_errors",
        "_has_said_pipelining",
        "_junk",
        "_late",
        "_loop",
        "_lost",
        "_machine",
        "_output",
        "_paused",
        "_pumping",
        "_saw_bare_linefeed",
        "_shared",
        "_task",
        "_timer",
    )

    def __init__(self, shared: Shared, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._shared = shared
        self._loop = loop
        self._dialogue: Dialogue | None = None
        self._machine: ServerMachine
        self._output: list[bytes] = []
        #: Succeeded and all commands, by verb.
        self._counts: dict[Verb, list[int]] = {}
        self._command: Command | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        #: An answer that is held back.
        self._late: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._errors = 0
        self._junk = 0
        # The driver's own condition; what may be said is the machine's business.
        self._busy = self._pumping = self._paused = self._blocked = False
        self._eof = self._closing = self._lost = self._has_said_pipelining = self._saw_bare_linefeed = False

    # The start.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Find out who it is, then greet."""
        super().connection_made(transport)
        shared = self._shared
        shared.live += 1
        settings = shared.stress_settings if shared.is_stressed() else shared.settings
        self._machine = ServerMachine(settings.params.line_length_limit, settings.rule)
        peer, here = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self._busy = True
        self._run(eager.start(self._greet(settings, _endpoint(peer), _endpoint(here)), self._greeted))

    async def _greet(self, settings: Settings, peer: tuple[str, str], here: tuple[str, str]) -> Reply:
        shared, params = self._shared, settings.params
        address, port = peer
        known = shared.acquaintances.get(address, self._loop.time())
        if known is None:
            known = await self._get_acquainted(settings, address)
            shared.acquaintances.add(address, known, self._loop.time())
        found = known.name
        client = Client(
            found.name, address, port, found.status, found.reverse_name, found.reverse_status,
            params.smtpd_client_port_logging,
        )  # fmt: skip
        if found.warning:
            shared.log.warning("%s", found.warning)
        shared.log.info(events.connect(client.label))
        route = Route(here[0], here[1], known.is_local, shared.access is None)
        if known.may_send_bare_linefeed:
            self._machine.rule = BareLinefeed.NO
        self._dialogue = Dialogue(shared, settings, Facts(client), self._machine, route)
        self._deadline = self._loop.time() + params.smtpd_timeout
        self._timer = self._loop.call_at(self._deadline, self._on_timer)
        return await self._dialogue.greet()

    async def _get_acquainted(self, settings: Settings, address: str) -> Acquaintance:
        shared = self._shared
        if settings.params.smtpd_peername_lookup:
            found = await shared.name_of(address)
        else:
            found = ClientName(UNKNOWN, NameStatus.NOT_FOUND, UNKNOWN, NameStatus.NOT_FOUND)
        is_local = await shared.is_local_client(found.name, address)
        try:
            is_excluded = await shared.bare_linefeed_exclusions.matches(found.name, address)
        except TableError:
            is_excluded = False
        return Acquaintance(found, is_local, is_excluded)

    def _greeted(self, reply: Reply) -> None:
        self._busy = False
        if reply is HANGUP:
            self._abort()
            return
        self._output.append(reply.wire())
        if reply.code % 100 == 21:
            self._close()
        else:
            self._pump()

    def _run(self, task: asyncio.Task[None] | None) -> None:
        """Look after a coroutine that has to wait."""
        if task is not None:
            self._task = task
            task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if self._task is task:
            self._task = None
        if not task.cancelled() and (error := task.exception()) is not None:
            self._loop.call_exception_handler({"message": "smtpd session failed", "exception": error})
            self._busy = False
            self._abort()

    # Events of the transport.

    def data_received(self, data: bytes) -> None:
        """Take octets; answer what is complete."""
        self._machine.receive(data)
        if self._busy or self._blocked:
            if not self._paused:
                self._paused = True
                self.transport.pause_reading()
            return
        self._extend_deadline(len(data))
        self._pump()

    def eof_received(self) -> bool:
        """The client says no more; what it has said is still answered."""
        self._eof = True
        if not self._busy and not self._blocked:
            self._pump()
        return True

    def pause_writing(self) -> None:
        """The client does not read our answers: nothing more is answered."""
        self._blocked = True

    def resume_writing(self) -> None:
        """The client reads again."""
        self._blocked = False
        if not self._busy:
            self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end. A message that is being committed is waited for: its fate belongs in the log."""
        self._lost = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._late is not None:
            self._late.cancel()
            self._late = None
        if self._task is not None:
            if self._dialogue is not None and self._dialogue.facts.where == "END-OF-MESSAGE":
                return
            self._task.cancel()
        self._end()

    # The loop over events.

    def _pump(self) -> None:
        """Answer events until more input, or the end of a wait, is needed."""
        self._pumping = True
        machine = self._machine
        while not (self._busy or self._blocked or self._closing):
            event = machine.next_event()
            if event is None:
                break
            if isinstance(event, Content):
                self._take_content(event)
            elif isinstance(event, ContentEnd):
                self._take_end(event)
            elif isinstance(event, Skipped):
                self._output.append(event.wire)
            else:
                self._take_command(event)
        self._pumping = False
        self._flush()
        if self._busy or self._blocked or self._closing:
            return
        if self._paused:
            self._paused = False
            self.transport.resume_reading()
        if self._eof:
            self._log_early_end("lost connection")
            self._close()

    def _flush(self) -> None:
        if self._output:
            self.transport.write(b"".join(self._output))
            self._output.clear()

    def _take_content(self, event: Content) -> None:
        dialogue = self._dialogue
        assert dialogue is not None
        message = dialogue.message
        assert message is not None
        if message.add_content(event.block):
            self._busy = True
            self._run(eager.start(message.drain(), self._drained))

    def _drained(self, _nothing: None) -> None:
        self._go_on()

    def _go_on(self) -> None:
        """The wait is over."""
        self._busy = False
        if self._lost:
            self._end()
        elif not self._pumping:
            self._pump()

    def _take_end(self, event: ContentEnd) -> None:
        dialogue = self._dialogue
        assert dialogue is not None
        self._note(event.bare_linefeed)
        self._busy = True
        self._run(eager.start(mail_commands.content_end(dialogue, event), self._content_ended))

    def _content_ended(self, reply: Reply) -> None:
        command = self._command
        if reply.is_positive:
            self._errors = self._junk = 0
            if command is not None:
                self._counts[command.verb][0] += 1
        elif command is not None:
            self._errors += 1
        self._answered(reply)

    def _take_command(self, command: Command) -> None:
        dialogue = self._dialogue
        assert dialogue is not None
        self._command = command
        if command.truncated:
            params = dialogue.settings.params
            text = events.long_request(
                dialogue.facts.client.label, params.line_length_limit, printable(command.line[:30])
            )
            self._shared.log.warning("%s", text)
        if command.bare_linefeed:
            self._note(True)
            if self._machine.rejects_bare_linefeed:
                self._answered(mail_commands.refuse_bare_linefeed(dialogue))
                return
        self._count(command.verb)
        if command.is_ahead and self._shared.access is not None and self._is_improper(dialogue, command):
            dialogue.closing = True
            self._answered(SYNCHRONIZATION)
            return
        self._busy = True
        reply = answer(dialogue, command)
        if isinstance(reply, Reply):
            self._command_answered(reply)
        else:
            self._run(eager.start(reply, self._command_answered))

    def _note(self, bare_linefeed: bool) -> None:
        """Remember a bare LF for the last line of the session, where that is wanted."""
        if bare_linefeed and self._machine.rule is BareLinefeed.NOTE:
            self._saw_bare_linefeed = True

    def _count(self, verb: Verb) -> None:
        counts = self._counts.get(verb)
        if counts is None:
            self._counts[verb] = [0, 1]
        else:
            counts[1] += 1

    def _is_improper(self, dialogue: Dialogue, command: Command) -> bool:
        """Log, once, what came where the client had to wait; whether that ends the session.

        A batch on the standard input (`sendmail -bs`) cannot smuggle anything past anybody.
        """
        if self._shared.access is None:
            return False
        if not self._has_said_pipelining:
            self._has_said_pipelining = True
            waiting = self._machine.waiting_input[:EXCERPT].decode("utf-8", "surrogateescape")
            text = "".join(_ESCAPES.get(character, character) for character in waiting)
            label = dialogue.facts.client.label
            self._shared.log.info(events.improper_pipelining(command.verb.word, label, printable(text)))
        return dialogue.settings.params.smtpd_forbid_unauth_pipelining

    def _command_answered(self, reply: Reply | None) -> None:
        if reply is None:
            # A chunk is on its way; its end is answered.
            self._go_on()
            return
        command, dialogue = self._command, self._dialogue
        assert command is not None and dialogue is not None
        if reply is BAD_SYNTAX or reply is BAD_UTF8 or (reply is OK and command.verb is Verb.UNKNOWN):
            # Not counted as a command.
            self._counts[command.verb][1] -= 1
        if command.verb is Verb.UNKNOWN and reply is OK:
            self._junk += 1
        elif (reply.is_positive and reply is not BREAK_RULES) or dialogue.was_forgiven:
            if reply.code != 354:
                self._counts[command.verb][0] += 1
        else:
            self._errors += 1
        if command.verb in JUNK:
            if self._junk > dialogue.settings.params.smtpd_junk_command_limit:
                self._errors += 1
            self._junk += 1
        self._answered(reply)

    def _answered(self, reply: Reply) -> None:
        """Send the answer, at once or, to a client with many errors, after a while."""
        dialogue = self._dialogue
        assert dialogue is not None
        if self._lost:
            self._go_on()
            return
        if reply is HANGUP:
            self._abort()
            return
        params = dialogue.settings.params
        if self._errors >= params.smtpd_soft_error_limit and params.smtpd_error_sleep_time and not dialogue.closing:
            self._busy = True
            self._flush()
            self._late = self._loop.call_later(params.smtpd_error_sleep_time, self._send, reply)
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        dialogue = self._dialogue
        assert dialogue is not None
        self._late = None
        self._busy = False
        self._output.append(self._machine.reply(reply))
        params = dialogue.settings.params
        if dialogue.closing or reply.code % 100 == 21:
            self._close()
        elif self._errors >= params.smtpd_hard_error_limit:
            self._log_early_end("too many errors")
            self._output.append(Reply(421, (f"4.7.0 {params.myhostname} Error: too many errors",)).wire())
            self._close()
        else:
            self._deadline = self._loop.time() + params.smtpd_timeout
            if not self._pumping:
                self._pump()

    # Time limits.

    def _extend_deadline(self, octets: int) -> None:
        """The client has said something. With a deadline for each request, content earns time by its amount only."""
        dialogue = self._dialogue
        if dialogue is None:
            return
        params = dialogue.settings.params
        now = self._loop.time()
        if params.smtpd_per_request_deadline:
            if dialogue.message is not None and dialogue.message.has_content:
                earned = self._deadline + octets / params.smtpd_min_data_rate
                self._deadline = min(earned, now + params.smtpd_timeout)
        else:
            self._deadline = now + params.smtpd_timeout

    def _on_timer(self) -> None:
        dialogue = self._dialogue
        self._timer = None
        if dialogue is None or self._closing:
            return
        params = dialogue.settings.params
        now = self._loop.time()
        if self._busy:
            # It is we who take so long.
            self._deadline = now + params.smtpd_timeout
        if now < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._on_timer)
            return
        self._log_early_end("timeout")
        self._output.append(Reply(421, (f"4.4.2 {params.myhostname} Error: timeout exceeded",)).wire())
        self._close(impatient=self._blocked)

    # The end.

    def _close(self, *, impatient: bool = False) -> None:
        """Send what is left, and close; nothing more is answered."""
        self._flush()
        self._closing = True
        if impatient:
            self.transport.abort()
        else:
            self.transport.close()

    def _abort(self) -> None:
        """Close without another word."""
        self._output.clear()
        self._closing = True
        self.transport.abort()

    def _log_early_end(self, reason: str) -> None:
        dialogue = self._dialogue
        if dialogue is None:
            return
        facts, message = dialogue.facts, dialogue.message
        if reason == "lost connection" and facts.where == "END-OF-MESSAGE":
            return
        size = message.size if message is not None and message.has_content else None
        self._shared.log.info(events.ended_early(reason, facts.queue_id, facts.where, facts.client.label, size))

    def _end(self) -> None:
        """Say goodbye in the log, and give the place back."""
        dialogue = self._dialogue
        if dialogue is not None:
            if not self._closing:
                self._log_early_end("lost connection")
            dialogue.forget_message()
            counts = {verb.counter: self._counts[verb] for verb in _ORDER if verb in self._counts}
            self._shared.log.info(
                events.disconnect(dialogue.facts.client.label, counts, bare_linefeed=self._saw_bare_linefeed)
            )
            self._dialogue = None
        self._shared.live -= 1
        super().connection_lost(None)


def _endpoint(name: object) -> tuple[str, str]:
    """Return address and port of a socket's name; a client that is no host is this machine."""
    if not isinstance(name, tuple):
        return "127.0.0.1", "unknown"
    address, port = str(name[0]), str(name[1])
    address = address.partition("%")[0]
    if address.startswith(_MAPPED) and "." in address:
        address = address[len(_MAPPED) :]
    return address, port
