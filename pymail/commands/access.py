"""Who may submit, list and flush mail, and under which sender: authorized_..._users and local_login_sender_maps. Light.

The defaults need no table. With others the tables package is loaded, and with it the folder of installed packages,
which the light commands do without.
"""

from __future__ import annotations

from pymail.commands.surroundings import login_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from pymail.config.main_cf import MainCf
    from pymail.log.logger import Log
    from pymail.tables.context import TableContext

ANYONE: Final = "static:anyone"
ANY_SENDER: Final = "static:*"


def refused_user(conf: MainCf, parameter: str, value: str, uid: int, log: Log) -> str | None:
    """Return the name of user *uid* when *value*, the value of *parameter*, does not list it; None when it does.

    Raises TableError, TableOpenError, TableSyntaxError.
    """
    if value == ANYONE:
        return None
    name = login_name(uid) or "unknown"
    context = _context(conf, log)
    from pymail.tables.match import DomainList, DomainMatch

    users = DomainList(parameter, value, context, DomainMatch.EXACT)
    return None if users.matches_now(name) else name


def refuses_sender(conf: MainCf, uid: int, sender: str, log: Log) -> bool:
    """Say whether local_login_sender_maps keeps user *uid* from sending mail as *sender* (internal spelling).

    Raises TableError, TableOpenError, TableSyntaxError.
    """
    specs = conf.value("local_login_sender_maps", ANY_SENDER)
    if specs == ANY_SENDER:
        return False
    name = login_name(uid) or f"uid:{uid}"
    context = _context(conf, log)
    from pymail.tables.maps import Maps

    patterns = Maps("local_login_sender_maps", specs, context).lookup(name)
    null = conf.value("empty_address_local_login_sender_maps_lookup_key", "<>")
    delimiters = conf.value("recipient_delimiter", "")
    return patterns is None or not _matches(sender, patterns.replace(",", " ").split(), null, delimiters)


def _matches(sender: str, patterns: list[str], null: str, delimiters: str) -> bool:
    """Patterns: `*`, the key of the empty sender, `@domain`, `user@domain` (an extension of the sender is let by)."""
    if "*" in patterns:
        return True
    if not sender:
        return null in patterns
    wanted = [pattern.lower() for pattern in patterns]
    local, at, domain = sender.lower().rpartition("@")
    if not at:
        local, domain = domain, ""
    places = [place for place in map(local.find, delimiters) if place > 0]
    plain = local[: min(places)] if places else local
    keys = [local + at + domain, plain + at + domain]
    if at:
        keys.append("@" + domain)
    return any(key in wanted for key in keys)


def _context(conf: MainCf, log: Log) -> TableContext:
    import site  # the light launchers start without it

    site.main()
    from pymail.tables.context import from_config

    return from_config(conf, log, surrogates=False)
