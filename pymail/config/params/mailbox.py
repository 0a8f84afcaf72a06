"""Shared parameters: mailboxes, their locks, and commands that deliver. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet, boolean, integer, seconds, string


class MailboxParams(ParamSet):
    """Mailboxes, their locks, and commands that deliver."""

    mail_spool_directory = string("/var/mail", doc="Directory of the users' mailboxes.")
    mailbox_delivery_lock = string("fcntl, dotlock", doc="How a mailbox is locked by local.", minimum=1)
    virtual_mailbox_lock = string("fcntl, dotlock", doc="How a mailbox is locked by virtual.", minimum=1)
    deliver_lock_attempts = integer(20, doc="How often a lock on a mailbox or log is tried.", minimum=1)
    deliver_lock_delay = seconds("1s", doc="The pause between attempts to lock.", minimum=1)
    stale_lock_time = seconds("500s", doc="The age at which a lock file does not count any more.", minimum=1)
    strict_mailbox_ownership = boolean(True, doc="Deliver only to mailboxes that belong to their user.", since="2.5.3")
    command_time_limit = seconds("1000s", doc="How long a delivery to a command may take.", minimum=1)
