"""Restriction lists as text, and as what is evaluated. Words become functions once, when the process starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pymail.daemons.smtpd.access import address, client, generic, relay
from pymail.daemons.smtpd.access.run import Check, Item, Items
from pymail.daemons.smtpd.access.status import Role
from pymail.log.logger import Log
from pymail.util.matchlist import MatchListError, split_list_braces

CompileList = Callable[[str, Role], Items]
#: Opens the table of a `check_..._access` restriction: name of the restriction, table, what it judges.
OpenTable = Callable[[str, str, Role], Check]

#: Restrictions without an argument.
SIMPLE: Final[dict[str, Check]] = {
    "permit": generic.permit,
    "reject": generic.reject,
    "defer": generic.defer,
    "defer_if_permit": generic.defer_if_permit,
    "defer_if_reject": generic.defer_if_reject,
    "reject_unauth_pipelining": generic.reject_unauth_pipelining,
    "reject_multi_recipient_bounce": generic.reject_multi_recipient_bounce,
    "reject_plaintext_session": generic.reject_plaintext_session,
    "permit_mynetworks": client.permit_mynetworks,
    "permit_inet_interfaces": client.permit_inet_interfaces,
    "permit_sasl_authenticated": client.permit_sasl_authenticated,
    "reject_unknown_client_hostname": client.reject_unknown_client_hostname,
    "reject_unknown_client": client.reject_unknown_client_hostname,
    "reject_unknown_reverse_client_hostname": client.reject_unknown_reverse_client_hostname,
    "reject_invalid_helo_hostname": client.reject_invalid_helo_hostname,
    "reject_invalid_hostname": client.reject_invalid_helo_hostname,
    "reject_non_fqdn_helo_hostname": client.reject_non_fqdn_helo_hostname,
    "reject_non_fqdn_hostname": client.reject_non_fqdn_helo_hostname,
    "reject_unknown_helo_hostname": client.reject_unknown_helo_hostname,
    "reject_unknown_hostname": client.reject_unknown_helo_hostname,
    "reject_non_fqdn_sender": address.reject_non_fqdn_sender,
    "reject_non_fqdn_recipient": address.reject_non_fqdn_recipient,
    "reject_unknown_sender_domain": address.reject_unknown_sender_domain,
    "reject_unknown_recipient_domain": address.reject_unknown_recipient_domain,
    "reject_unlisted_sender": address.reject_unlisted_sender,
    "reject_unlisted_recipient": address.reject_unlisted_recipient,
    "check_recipient_maps": address.reject_unlisted_recipient,
    "permit_auth_destination": relay.permit_auth_destination,
    "reject_unauth_destination": relay.reject_unauth_destination,
    "defer_unauth_destination": relay.defer_unauth_destination,
}
#: Restrictions with a table.
TABLES: Final = {
    "check_client_access": Role.CLIENT,
    "check_helo_access": Role.HELO,
    "check_sender_access": Role.SENDER,
    "check_recipient_access": Role.RECIPIENT,
    "check_etrn_access": Role.ETRN,
}
_TABLE_NAMES: Final = (
    "check_client_access, check_reverse_client_hostname_access, check_helo_access, check_sender_access, "
    "check_recipient_access, check_etrn_access"
)
#: Restrictions of Postfix that are to come, without and with an argument.
FUTURE: Final = frozenset(
    {
        "check_relay_domains", "permit_mx_backup", "permit_tls_all_clientcerts", "permit_tls_clientcerts",
        "reject_maps_rbl", "reject_sender_login_mismatch", "reject_authenticated_sender_login_mismatch",
        "reject_known_sender_login_mismatch", "reject_unauthenticated_sender_login_mismatch",
        "reject_unverified_sender", "reject_unverified_recipient", "reject_unknown_address", "permit_naked_ip_address",
    }
)  # fmt: skip
FUTURE_WITH_ARGUMENT: Final = frozenset(
    {
        "check_policy_service", "check_ccert_access", "check_sasl_access", "check_reverse_client_hostname_access",
        "reject_rbl", "reject_rbl_client", "permit_dnswl_client", "reject_rhsbl_client", "permit_rhswl_client",
        "reject_rhsbl_reverse_client", "reject_rhsbl_helo", "reject_rhsbl_sender", "reject_rhsbl_recipient", "sleep",
        *(
            f"check_{subject}_{kind}_access"
            for subject in ("client", "reverse_client_hostname", "helo", "sender", "recipient")
            for kind in ("a", "mx", "ns")
        ),
    }
)  # fmt: skip
#: What stands behind these words is never reached.
FINAL: Final = frozenset({"permit", "reject", "defer", "check_relay_domains"})
#: What `type:table` alone means in the list of a role.
DEFAULT_TABLE: Final = {
    Role.CLIENT: "check_client_access",
    Role.HELO: "check_helo_access",
    Role.SENDER: "check_sender_access",
    Role.RECIPIENT: "check_recipient_access",
    Role.ETRN: "check_etrn_access",
}


@dataclass(slots=True)
class Compiler:
    """Makes lists of one process: it knows the restriction classes and opens each table once."""

    log: Log
    classes: frozenset[str]
    open_table: OpenTable
    _tables: dict[tuple[str, Role], Check] = field(default_factory=dict)
    _lists: dict[tuple[str, Role], Items] = field(default_factory=dict)

    def compile(self, text: str, role: Role) -> Items:
        """Return the list that *text* stands for in a list of *role*. Faults show when they are reached."""
        known = self._lists.get((text, role))
        if known is None:
            if len(self._lists) > 1000:
                self._lists.clear()
            try:
                known = self._compile(split_list_braces(text), role)
            except MatchListError as error:
                known = (Item(text, generic.bad_argument, str(error)),)
            self._lists[text, role] = known
        return known

    def _compile(self, words: list[str], role: Role) -> Items:
        items: list[Item] = []
        warns = False
        at = 0
        while at < len(words):
            word = words[at]
            at += 1
            name = word.lower()
            if name == "warn_if_reject":
                warns = True
                continue
            if items and items[-1].name in FINAL and not items[-1].warns:
                self.log.warning("restriction `%s' after `%s' is ignored", word, items[-1].name)
                break
            argument = ""
            if name in TABLES or name in FUTURE_WITH_ARGUMENT:
                argument = words[at] if at < len(words) else ""
                at += 1
            items.append(self._item(word, argument, role, warns))
            warns = False
        return tuple(items)

    def _item(self, word: str, argument: str, role: Role, warns: bool) -> Item:
        name = word.lower()
        check = SIMPLE.get(name)
        if check is not None:
            return Item(name, check, "", warns)
        if word in self.classes:
            return Item(word, generic.restriction_class, word, warns)
        if name in FUTURE or name in FUTURE_WITH_ARGUMENT:
            return Item(name, generic.unsupported, name, warns)
        if name not in TABLES and ":" in word:
            if role not in DEFAULT_TABLE:
                text = f'specify one of ({_TABLE_NAMES}) before {role.value} restriction "{word}"'
                return Item(word, generic.bad_argument, text, warns)
            name, argument = DEFAULT_TABLE[role], word
        if name in TABLES:
            if ":" not in argument:
                text = f'restriction {name}: bad argument "{argument}": need maptype:mapname'
                return Item(name, generic.bad_argument, text, warns)
            return Item(name, self._table(name, argument), argument, warns)
        return Item(word, generic.unknown, word, warns)

    def _table(self, name: str, spec: str) -> Check:
        role = TABLES[name]
        check = self._tables.get((spec, role))
        if check is None:
            check = self._tables[spec, role] = self.open_table(name, spec, role)
        return check


def words_of(items: Items, classes: Mapping[str, Items], seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the names of all restrictions in a list, those inside of its classes, too."""
    names: set[str] = set()
    for item in items:
        names.add(item.name)
        inner = classes.get(item.argument)
        if item.check is generic.restriction_class and inner is not None and item.argument not in seen:
            names |= words_of(inner, classes, seen | {item.argument})
    return frozenset(names)
