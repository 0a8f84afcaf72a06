"""local - the delivery agent for mail that stays on this machine.

SUMMARY
    local [daemon options]

DESCRIPTION
    Delivers to the recipients of one request, one after the other. A recipient is looked up in alias_maps first, then
    among the users of the system; what an alias lists is delivered here in turn, or passed on through cleanup when
    it belongs to somewhere else. A user's mail goes to the mbox file in mail_spool_directory, or to home_mailbox, a
    mbox or (with a slash at its end) a Maildir. Return-Path:, X-Original-To: and Delivered-To: are put above the
    message; a message that has a Delivered-To: with the recipient already goes in a circle and is returned.

STANDARDS
    RFC 5322 (message format), RFC 3461 (delivery status notifications)

SECURITY
    Needs root, to become each recipient in turn; files of users are opened as these users, and those of the mail
    spool without following links. It never runs as root for what a user controls. Cannot run chrooted.

DIAGNOSTICS
    One line per recipient and destination.

BUGS
    Aliases that list a |command, a /file or an :include: are deferred; .forward is not read.
    An alias with several members of which one must be tried again is delivered again to all of them.
"""
