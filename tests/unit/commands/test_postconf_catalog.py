"""pymail.commands.postconf_catalog"""

from __future__ import annotations

from pymail.commands.postconf_catalog import (
    builtin_parameters,
    declared_parameters,
    make_catalog,
    obsolete_parameters,
    overrides,
    references,
    service_parameters,
)
from pymail.config.computed import COMPUTED
from pymail.config.main_cf import MainCf
from pymail.config.master_cf import raw_entry
from tests.support.golden_parameters import OUR_DEFAULTS, differences, golden_parameters


def test_declarations_agree_with_the_reference() -> None:
    assert not differences(declared_parameters())


def test_every_parameter_of_the_reference_is_known_with_its_default() -> None:
    known = builtin_parameters()
    wrong = [
        (name, known[name].default if name in known else None, fact.default)
        for name, fact in golden_parameters().items()
        if name not in known or (name not in COMPUTED and known[name].default != OUR_DEFAULTS.get(name, fact.default))
    ]
    assert not wrong


def test_services_bring_their_own_parameters() -> None:
    lines = ("out unix - - n - - smtp", "drop unix - n n - - pipe flags=R", "pol unix - n n - 0 spawn user=x", "smtp")
    known = service_parameters([raw_entry(line) for line in lines])
    assert known["out_destination_recipient_limit"].default == "$default_destination_recipient_limit"
    assert "drop_transport_rate_delay" in known
    assert known["pol_time_limit"].default == "$command_time_limit"
    assert not {"out_time_limit", "pol_recipient_limit"} & known.keys()


def test_local_delivers_by_its_own_limits() -> None:
    known = service_parameters([raw_entry("local unix - n n - - local")])
    assert known["local_destination_recipient_limit"].default == "1"


def test_names_are_found_in_all_forms() -> None:
    assert references("$a ${b?$c} $(d:x) $$e ${{$f} == {}?{$a}:{}}") == ["a", "b", "c", "d", "f"]


def test_overrides_end_at_the_first_argument() -> None:
    entry = raw_entry("a unix - - n - - pipe -o b=1 -v -o{ c = 2 3 } -o bad -od=4 flags=R -o e=5")
    assert overrides(entry) == [("b", "1"), ("c", "2 3"), ("d", "4")]


def test_a_catalog_knows_what_is_used() -> None:
    conf = MainCf(
        "/etc/postfix",
        {
            "mydestination": "$mine $nope",
            "mine": "$deep",
            "deep": "x",
            "idle": "1",
            "klass": "permit",
            "smtpd_restriction_classes": "klass",
            "alias_maps": "ldap:people, mysql:/etc/x.cf",
            "people_server_host": "x",
            "luser_relay": "$user",
            "by_master": "1",
        },
    )
    catalog = make_catalog(conf, [raw_entry("a unix - - n - - smtp -o syslog_name=$by_master")])
    assert catalog.user == {"mine", "deep", "klass", "people_server_host", "by_master"}
    assert catalog.undefined == ("nope",)
    assert catalog.find("a_recipient_limit") is not None
    assert catalog.find("idle") is None


def test_obsolete_parameters_have_an_instead() -> None:
    known = obsolete_parameters()
    assert (known["virtual_maps"].fate, known["virtual_maps"].instead) == ("removed", 'specify "virtual_alias_maps"')
    assert all(one.fate in ("removed", "deprecated") and one.instead for one in known.values())
