"""Puts the message into a user's mailbox: which file or folder, by whose rights, under which locks."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pymail.delivery import maildir, mbox
from pymail.delivery.copying import TopLines, mbox_blocks, message_blocks
from pymail.delivery.mbox import MailboxError, MboxPolicy, separator
from pymail.ipc.delivery import DeliveryRequest
from pymail.mail.dsn import Dsn
from pymail.unix.users import User


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """Where mailboxes are. *home_mailbox* is relative to a user's home; empty: the mail spool."""

    spool: str
    home_mailbox: str
    policy: MboxPolicy
    hostname: str

    def kind(self) -> str:
        """Return `mailbox` or `maildir`: what a user has."""
        return "maildir" if (self.home_mailbox or self.spool).endswith("/") else "mailbox"

    def _path(self, user: User) -> str:
        if self.home_mailbox:
            return f"{user.home}/{self.home_mailbox}"
        # mail_spool_directory may end in a slash: then each user has a Maildir there.
        return f"{self.spool.rstrip('/')}/{user.name}{'/' if self.spool.endswith('/') else ''}"

    def deliver(self, file: int, request: DeliveryRequest, top: TopLines, user: User) -> Dsn:
        """Deliver the open message to *user*; returns what happened as a DSN of class 2, 4 or 5."""
        path = self._path(user)
        try:
            if path.endswith("/"):
                maildir.deliver(path, user, [top.encode(), *message_blocks(file, request)], self.hostname)
                return Dsn("2.0.0", "delivered to maildir")
            head = separator(request.sender, time.time()) + top.encode()
            blocks = (head, *mbox_blocks(file, request))
            mbox.append(path, user, blocks, self.policy, as_owner=bool(self.home_mailbox))
            return Dsn("2.0.0", "delivered to mailbox")
        except MailboxError as error:
            if path.endswith("/"):
                return Dsn(error.status, error.text)
            return Dsn(error.status, f"cannot update mailbox {path} for user {user.name}. {error.text}")
