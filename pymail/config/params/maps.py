"""Shared parameters: tables of addresses that several programs search. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet, string


class MapsParams(ParamSet):
    """Tables of addresses that several programs search."""

    alias_maps = string("$default_database_type:/etc/aliases", doc="Tables of local aliases.")
    alias_database = string("$default_database_type:/etc/aliases", doc="Alias files that newaliases builds.")
    virtual_alias_maps = string(
        "$virtual_maps", doc="Tables that replace recipients by others, local or not.", since="2.0"
    )
    virtual_mailbox_maps = string("", doc="Tables of the mailboxes in virtual_mailbox_domains.")
    local_recipient_maps = string(
        "proxy:unix:passwd.byname $alias_maps", doc="Tables of all local recipients; empty: accept any."
    )
    relay_recipient_maps = string("", doc="Tables of all recipients in relay_domains; empty: accept any.", since="2.0")
    canonical_maps = string("", doc="Tables that rewrite addresses in envelope and header.")
    sender_canonical_maps = string("", doc="Tables that rewrite sender addresses.")
    recipient_canonical_maps = string("", doc="Tables that rewrite recipient addresses.")
    relocated_maps = string("", doc="Tables of users who have moved away.")
    smtpd_sender_login_maps = string("", doc="Tables of the logins that own a sender address.")
