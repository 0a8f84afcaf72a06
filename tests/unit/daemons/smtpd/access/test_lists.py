"""Restriction lists."""

from __future__ import annotations

from pymail.daemons.smtpd.access import generic
from pymail.daemons.smtpd.access.lists import FUTURE, FUTURE_WITH_ARGUMENT, Compiler, words_of
from pymail.daemons.smtpd.access.run import Check, Item, Items
from pymail.daemons.smtpd.access.status import Role
from tests.support.smtpd_rig import Judge, World


class Opener:
    """Notes which tables are opened."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, str, Role]] = []

    def __call__(self, name: str, spec: str, role: Role) -> Check:
        self.opened.append((name, spec, role))
        return generic.permit


def compiled(text: str, role: Role = Role.RECIPIENT) -> tuple[Items, Opener, World]:
    world, opener = World.of(), Opener()
    return Compiler(world.log, frozenset({"MyClass"}), opener).compile(text, role), opener, world


def test_words_become_items() -> None:
    items, opener, _ = compiled("Permit_MyNetworks, warn_if_reject reject\n check_sender_access inline:{a = b, c = d}")
    assert [(item.name, item.argument, item.warns) for item in items] == [
        ("permit_mynetworks", "", False),
        ("reject", "", True),
        ("check_sender_access", "inline:{a = b, c = d}", False),
    ]
    assert opener.opened == [("check_sender_access", "inline:{a = b, c = d}", Role.SENDER)]


def test_bare_table_is_the_check_of_the_list() -> None:
    assert compiled("static:x", Role.HELO)[1].opened == [("check_helo_access", "static:x", Role.HELO)]
    assert compiled("static:x", Role.DATA)[1].opened == []


def test_table_is_opened_once() -> None:
    assert len(compiled("static:x, check_recipient_access static:x, check_client_access static:x")[1].opened) == 2


def test_what_stands_behind_a_final_word_is_ignored_and_said() -> None:
    items, _, world = compiled("permit_mynetworks, reject, permit")
    assert [item.name for item in items] == ["permit_mynetworks", "reject"]
    assert world.lines == ["warning: restriction `permit' after `reject' is ignored"]


def test_class_names_are_known() -> None:
    items = compiled("MyClass, myclass")[0]
    assert items[0].check is generic.restriction_class
    assert items[1].check is generic.unknown


def test_faults_show_when_they_are_reached() -> None:
    items = compiled("nonsense, check_client_access foo, check_client_access")[0]
    assert [item.check for item in items] == [generic.unknown, generic.bad_argument, generic.bad_argument]
    assert compiled("{")[0][0].check is generic.bad_argument


def test_restrictions_that_are_to_come_are_named_and_refuse_for_now() -> None:
    for word in sorted(FUTURE):
        judge = Judge.of({"smtpd_sender_restrictions": word})
        assert judge.rcpt() == "451 4.3.5 Server configuration error"
        assert f'warning: smtpd restriction "{word}" is not supported' in judge.world.lines
    for word in sorted(FUTURE_WITH_ARGUMENT):
        items = compiled(f"{word} argument, permit")[0]
        assert [item.name for item in items] == [word, "permit"]


def test_words_inside_of_classes_count() -> None:
    inner = (Item("reject", generic.reject),)
    outer = (Item("c", generic.restriction_class, "c"), Item("permit", generic.permit))
    assert words_of(outer, {"c": inner}) == {"c", "permit", "reject"}
