"""pymail.config.declare"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.config.declare import ParamSet, boolean, integer, raw, seconds, size, string
from pymail.config.main_cf import ConfigError, MainCf

ROOT = Path(__file__).parents[3]


class SharedParams(ParamSet):
    max_use = integer(100, doc="Clients.", minimum=1)
    max_idle = seconds("100s", doc="Idle.", minimum=1)
    in_flow_delay = seconds("1s", doc="Pause.", minimum=0, maximum=10)
    soft_bounce = boolean(False, doc="Soft.")
    mail_owner = string("postfix", doc="Owner.", minimum=1)
    double_notice = string("postmaster", doc="Notice.", name="2bounce_notice_recipient")


class MoreParams(ParamSet):
    max_use = SharedParams.max_use
    maximal_queue_lifetime = seconds("5d", doc="Lifetime.")
    message_size_limit = size(10240000, doc="Size.")
    forward_path = raw("$home/.forward", doc="Forward.")
    delivery = integer("${stress?{1}:{40}}", doc="Poll.")
    both = string("$later/$max_use", doc="Refers down.")
    later = string("here", doc="Later.")
    filter_chars = raw("abc", doc="Characters.", minimum=1)


class ChildParams(SharedParams):
    max_idle = seconds("5s", doc="Its own.")


def conf(**settings: str) -> MainCf:
    return MainCf("/etc/postfix", settings)


def test_defaults_are_parsed_by_their_type() -> None:
    params = MoreParams(conf())
    assert (params.max_use, params.maximal_queue_lifetime, params.message_size_limit) == (100, 432000, 10240000)
    assert (params.forward_path, params.delivery, params.both) == ("$home/.forward", 40, "here/100")


def test_settings_are_parsed_by_their_type() -> None:
    params = MoreParams(conf(max_use="7", maximal_queue_lifetime="2", forward_path="$x", stress="yes"))
    assert (params.max_use, params.maximal_queue_lifetime, params.forward_path) == (7, 172800, "$x")
    assert params.delivery == 1


def test_an_instance_holds_only_what_is_set_or_varies() -> None:
    params = MoreParams(conf(max_use="7"))
    assert vars(params) == {"max_use": 7, "delivery": 40, "both": "here/7"}
    assert isinstance(params, MoreParams)
    assert MoreParams(conf()).max_use == 100


def test_a_name_that_is_no_identifier_is_given() -> None:
    assert "2bounce_notice_recipient" in SharedParams.declarations()
    assert SharedParams(conf(**{"2bounce_notice_recipient": "x"})).double_notice == "x"


def test_a_shared_parameter_is_the_same_declaration() -> None:
    assert MoreParams.declarations()["max_use"] is SharedParams.declarations()["max_use"]


def test_a_subclass_has_the_parameters_of_its_base() -> None:
    params = ChildParams(conf())
    assert (params.max_use, params.max_idle) == (100, 5)
    assert SharedParams(conf()).max_idle == 100


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("max_use", "abc", "bad numerical configuration: max_use = abc"),
        ("max_use", "", "bad numerical configuration: max_use = "),
        ("max_use", "99999999999", "bad numerical configuration: max_use = 99999999999"),
        ("max_use", "0", "invalid max_use parameter value 0 < 1"),
        ("max_idle", "5x", "parameter max_idle: bad time value or unit: 5x"),
        ("max_idle", "", "parameter max_idle: bad time value or unit: "),
        ("max_idle", "0", "invalid max_idle: 0 (min 1)"),
        ("in_flow_delay", "20", "invalid in_flow_delay: 20 (max 10)"),
        ("soft_bounce", "maybe", "bad boolean configuration: soft_bounce = maybe"),
        ("mail_owner", "", "bad string length 0 < 1: mail_owner = "),
    ],
)
def test_a_bad_value_is_refused_in_postfix_words(name: str, value: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SharedParams(conf(**{name: value}))
    assert str(caught.value) == problem
    assert caught.value.parameter == name


def test_the_length_of_a_raw_value_is_checked() -> None:
    with pytest.raises(ConfigError, match="bad string length 0 < 1: filter_chars = "):
        MoreParams(conf(filter_chars=""))


def test_an_error_names_file_line_and_parameter(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text("# top\nmax_use =\n  x\n")
    with pytest.raises(ConfigError) as caught:
        SharedParams(MainCf.load(str(tmp_path)))
    error = caught.value
    assert (error.path, error.line, error.parameter) == (str(tmp_path / "main.cf"), 2, "max_use")


@given(st.sampled_from(sorted(SharedParams.declarations())), st.text(max_size=12))
def test_any_value_is_parsed_or_refused(name: str, value: str) -> None:
    try:
        SharedParams(conf(**{name: value}))
    except ConfigError as error:
        assert error.parameter == name


def test_what_short_commands_import_is_light() -> None:
    program = (
        "import sys, pymail.config.main_cf, pymail.config.declare, pymail.config.find, pymail.util.macro,"
        " pymail.util.units, pymail.util.lines, pymail.log.logger, pymail.log.sinks, pymail.log.fatal,"
        " pymail.config.params.process, pymail.config.params.network, pymail.config.params.submission;"
        " heavy = 'dataclasses enum inspect asyncio logging argparse re typing socket signal selectors subprocess';"
        " print([name for name in heavy.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
