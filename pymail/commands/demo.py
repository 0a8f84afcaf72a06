"""The demo: mail flows through two private instances, and the log, the queue and the mailboxes show how.

Instance one takes mail by SMTP and from `sendmail`, has aliases, passes mail for two.test on to instance two over SMTP,
and returns what nobody wants. Everything is in one folder, on loopback ports above 1024, without root. `run` makes,
starts, sends, waits, shows and stops; `run_foreground` leaves instance one to its user.
"""

from __future__ import annotations

import os
import pwd
import smtplib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final, TextIO

from pymail.commands.demo_instance import LOOPBACK, Deadline, DemoError, DemoInstance, clear, free_port, program
from pymail.commands.demo_story import Story, find_first, read_lines, tell

ONE: Final = "one.test"
TWO: Final = "two.test"
DOWN: Final = "down.test"
#: Everything has to be over after so many seconds.
PATIENCE: Final = 45.0
_SMTP_TIMEOUT: Final = 15.0
#: Somebody else who has a mailbox on every Unix host.
_OTHERS: Final = ("nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Errand:
    """One message of the demo. *expected*: what its story has to say. *waits*: it ends in the deferred queue."""

    title: str
    recipient: str
    expected: tuple[str, ...]
    by_sendmail: bool = True
    waits: bool = False


def people() -> tuple[str, str]:
    """Return two users of this host: the one who runs the demo if the host knows it, and another one."""
    names = [name for name in (_own_name(), *_OTHERS) if name and _exists(name)]
    unique = list(dict.fromkeys(names))
    if len(unique) < 2:
        raise DemoError(f"this host has no users {' and '.join(_OTHERS)}")
    return unique[0], unique[1]


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return ""


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def errands(me: str) -> tuple[Errand, ...]:
    """Return the messages of the demo; *me* has a mailbox."""
    delivered = "status=sent (delivered to mailbox)"
    relayed = f"relay={LOOPBACK}["
    return (
        Errand("by SMTP to a mailbox", f"{me}@{ONE}", (delivered,), by_sendmail=False),
        Errand("by sendmail -t to a mailbox", f"{me}@{ONE}", ("uid=", delivered)),
        Errand("to an alias", f"info@{ONE}", (f"orig_to=<info@{ONE}>", delivered)),
        Errand("to a list of three, one of them elsewhere", f"team@{ONE}", (delivered, "forwarded as", relayed)),
        Errand("to another server over SMTP", f"{me}@{TWO}", (relayed, "queued as", delivered)),
        Errand("to nobody we know: it comes back", f"no-such-user@{ONE}", ("status=bounced", "notification:")),
        Errand("to a server that is down: it waits", f"{me}@{DOWN}", ("status=deferred",), waits=True),
    )


def aliases(me: str, other: str) -> str:
    """Return the alias file of both instances."""
    return f"postmaster: {me}\ninfo: {me}\nteam: {me}, {other}, {me}@{TWO}\n"


class Demo:
    """The instances, and what happened to each message."""

    def __init__(self, folder: Path, out: TextIO) -> None:
        self.me, self.other = people()
        self.one = DemoInstance(folder / "one", ONE, free_port())
        self.two = DemoInstance(folder / "two", TWO, free_port())
        self._out = out
        self._deadline = Deadline.after(PATIENCE)

    def say(self, text: str = "") -> None:
        """Print a line."""
        print(text, file=self._out, flush=True)

    def make(self, added: dict[str, str] | None = None) -> None:
        """Write both configurations."""
        routes = f"inline:{{ {TWO}=smtp:[{LOOPBACK}]:{self.two.port}, {DOWN}=smtp:[{LOOPBACK}]:{free_port()} }}"
        names = aliases(self.me, self.other)
        self.one.configure({"transport_maps": routes, **(added or {})}, names)
        self.two.configure({}, names)

    def play(self) -> None:
        """Start, send, wait and show. Raises DemoError."""
        for instance in (self.one, self.two):
            instance.start()
            self.say(f"instance {instance.name}: {instance.domain} on {LOOPBACK}:{instance.port}, in {instance.folder}")
        for number, errand in enumerate(errands(self.me), 1):
            self.say(f"\n{number}. {errand.title} ({errand.recipient})")
            self.show_story(errand, self.perform(errand, number))
        self.say("\nThe queue of instance one (bin/mailq)")
        self._indent(self.one.run("mailq").splitlines())
        self.say("\nThe delivered files")
        self.show_mailboxes()

    def perform(self, errand: Errand, number: int) -> Story:
        """Send one message and wait for the end of its story. Raises DemoError."""
        message = compose(errand, f"{self.me}@{ONE}", f"<demo-{number}@{ONE}>")
        send: Callable[[EmailMessage], None] = self._by_sendmail if errand.by_sendmail else self._by_smtp
        send(message)

        def finished() -> Story | None:
            story = self._story(message["Message-ID"])
            if story is None:
                return None
            return story if story.is_over or (errand.waits and story.is_waiting) else None

        return self._deadline.wait_for(f"the end of message {number} ({errand.title})", finished)

    def _story(self, message_id: str) -> Story | None:
        lines = [line for instance in (self.one, self.two) for line in read_lines(instance.name, instance.log)]
        first = find_first(lines, message_id)
        return None if first is None else tell(lines, first)

    def _by_smtp(self, message: EmailMessage) -> None:
        try:
            with smtplib.SMTP(LOOPBACK, self.one.port, f"client.{ONE}", _SMTP_TIMEOUT) as client:
                client.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise DemoError(f"SMTP to instance one: {error}") from error

    def _by_sendmail(self, message: EmailMessage) -> None:
        self.one.run("sendmail", "-t", "-i", "-f", message["From"], stdin=message.as_string())

    def show_story(self, errand: Errand, story: Story) -> None:
        """Print the lines of a message. Raises DemoError when they are not the expected ones."""
        self._indent(f"{line.system}  {line.whole}" for line in story.lines)
        missing = [text for text in errand.expected if not story.tells(text)]
        if missing:
            raise DemoError(f"{errand.title}: the log does not say {' or '.join(missing)}")

    def show_mailboxes(self) -> None:
        """Print the mailboxes. Raises DemoError when a message is not where it belongs."""
        for instance in (self.one, self.two):
            for path, content in instance.mailboxes().items():
                self.say(f"\n  {path}")
                self._indent(content.splitlines())
        check_mailboxes(self.one.mailboxes(), self.me, mailbox_titles(self.me))

    def _indent(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.say(f"    {line}")

    def stop(self) -> bool:
        """Stop what runs; whether that went cleanly."""
        ended = [instance.stop() for instance in (self.one, self.two)]
        return all(ended)

    def show_logs(self) -> None:
        """Print all that was logged."""
        for instance in (self.one, self.two):
            self.say(f"\nThe log of instance {instance.name}")
            self._indent(instance.log.splitlines())


def compose(errand: Errand, sender: str, message_id: str) -> EmailMessage:
    """Return the message of an errand."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = errand.recipient
    message["Subject"] = errand.title
    message["Message-ID"] = message_id
    message.set_content(f"This message goes {errand.title}.\n")
    return message


def mailbox_titles(me: str) -> tuple[str, ...]:
    """Return the subjects that have to be in *me*'s mailbox at instance one."""
    return tuple(errand.title for errand in errands(me) if errand.recipient.endswith(f"@{ONE}"))


def check_mailboxes(mailboxes: dict[Path, str], me: str, titles: Sequence[str]) -> None:
    """Raise DemoError unless the mailbox of *me* holds a message of each title."""
    content = next((text for path, text in mailboxes.items() if path.name == me), "")
    missing = [title for title in titles if f"Subject: {title}\n" not in content]
    if missing:
        raise DemoError(f"not in the mailbox of {me}: {', '.join(missing)}")


def run(folder: Path, out: TextIO) -> int:
    """Show how mail flows; 0 when all of it went as it should. Raises DemoError before anything was started."""
    clear(folder)
    demo = Demo(folder, out)
    demo.make()
    status = 0
    try:
        demo.play()
    except DemoError as error:
        demo.show_logs()
        demo.say(f"\nThe demo failed: {error}")
        status = 1
    finally:
        clean = demo.stop()
    if not clean:
        demo.say("\nAn instance did not stop by itself.")
        return 1
    if status == 0:
        demo.say(f"\nBoth instances are stopped; look around in {folder}.")
    return status


def run_foreground(folder: Path, out: TextIO) -> int:
    """Leave instance one running, with its log on the standard output, until Ctrl-C. Raises DemoError."""
    clear(folder)
    demo = Demo(folder, out)
    demo.make({"maillog_file": "/dev/stdout"})
    one = demo.one
    try:
        one.start_foreground()
        one.wait_until_listening(Deadline.after(PATIENCE))
        demo.say(guide(one, demo.me))
        return one.wait_for_end()
    except KeyboardInterrupt:
        demo.say("\nstopping")
        return 0
    finally:
        one.stop()


def guide(one: DemoInstance, me: str) -> str:
    """Return how to talk to the instance."""
    etc = one.etc
    return (
        f"Mail for {one.domain} is taken on {LOOPBACK}:{one.port}; the log follows here. From another terminal:\n"
        f"  echo hello | MAIL_CONFIG={etc} {program('sendmail')} {me}@{one.domain}\n"
        f"  python3 -c \"import smtplib; smtplib.SMTP('{LOOPBACK}', {one.port}).sendmail("
        f"'{me}@{one.domain}', ['info@{one.domain}'], 'Subject: hi\\n\\nhello')\"\n"
        f"  MAIL_CONFIG={etc} {program('mailq')}          the queue\n"
        f"  cat {one.mail / me}          the mailbox\n"
        "Ctrl-C stops it."
    )
