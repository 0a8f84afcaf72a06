"""pymail.config.main_cf"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.config.main_cf import ConfigError, MainCf, read_default_rows


def write(directory: Path, text: str) -> str:
    (directory / "main.cf").write_text(text)
    return str(directory)


def test_the_last_definition_wins_with_a_warning(tmp_path: Path) -> None:
    conf = MainCf.load(write(tmp_path, "a=1\n\na = 2\nb = 3\nb = 3\n"))
    assert (conf.raw("a"), conf.place("a")) == ("2", (str(tmp_path / "main.cf"), 3))
    assert [str(one) for one in conf.warnings] == [f"{tmp_path}/main.cf, line 3: overriding earlier entry: a=1"]


def test_continued_lines_are_joined(tmp_path: Path) -> None:
    conf = MainCf.load(write(tmp_path, "mydestination = a,\n# no\n  b\n"))
    assert conf.raw("mydestination") == "a,  b"


def test_a_line_that_continues_nothing_is_warned_of(tmp_path: Path) -> None:
    conf = MainCf.load(write(tmp_path, " foo=1\nx=1\n"))
    assert conf.raw("foo") is None
    expected = f'{tmp_path}/main.cf: logical line must not start with whitespace: " foo=1"'
    assert [str(one) for one in conf.warnings] == [expected]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x=1\nfoo\n", ", line 2: missing '=' after attribute name: \"foo\""),
        ("= 5\n", ', line 1: missing attribute name: "= 5"'),
    ],
)
def test_a_bad_line_is_an_error(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        MainCf.load(write(tmp_path, text))
    assert str(caught.value) == f"{tmp_path}/main.cf{problem}"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"^open {tmp_path}/main.cf: No such file or directory$"):
        MainCf.load(str(tmp_path))


def test_overrides_come_first(tmp_path: Path) -> None:
    conf = MainCf.load(write(tmp_path, "a = 1\nb = $a\n"), {"a": "2"})
    assert (conf.value("b"), conf.place("a")) == ("2", ("", 0))


def test_a_copy_with_overrides_leaves_the_first_alone(tmp_path: Path) -> None:
    conf = MainCf.load(write(tmp_path, "limit = ${stress?{1}:{20}}\n"), {"stress": ""})
    assert (conf.value("limit"), conf.with_overrides({"stress": "yes"}).value("limit")) == ("20", "1")


def test_a_default_is_expanded_too() -> None:
    conf = MainCf("/etc/postfix", {"myhostname": "mail.example.com"})
    assert conf.value("mydestination", "$myhostname, localhost.$mydomain") == "mail.example.com, localhost.example.com"


def test_a_value_may_refer_to_a_parameter_of_another_program() -> None:
    assert MainCf("/etc/postfix", {"x": "$smtpd_client_connection_count_limit$nosuch"}).value("x") == "50"


def test_a_declared_default_comes_before_the_file_s() -> None:
    conf = MainCf("/etc/postfix", {"x": "$mail_name"})
    conf.add_defaults({"mail_name": "other"})
    assert conf.value("x") == "other"


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        pytest.param({"relay_destination_concurrency_limit": "3"}, "3", id="set"),
        pytest.param({"default_destination_concurrency_limit": "9"}, "9", id="general"),
        pytest.param({}, "20", id="default-of-the-general"),
    ],
)
def test_a_service_has_its_own_value_or_the_general_one(settings: dict[str, str], value: str) -> None:
    conf = MainCf("/etc/postfix", settings)
    suffix = "_destination_concurrency_limit"
    assert conf.service_value("relay", suffix, "default_destination_concurrency_limit") == value


def test_local_has_a_default_of_its_own() -> None:
    conf = MainCf("/etc/postfix")
    suffix = "_destination_concurrency_limit"
    assert conf.service_value("local", suffix, "default_destination_concurrency_limit") == "2"


def test_an_error_in_a_macro_names_the_place(tmp_path: Path) -> None:
    conf = MainCf.load(write(tmp_path, "\nmail_name = $mail_name x\n"))
    with pytest.raises(ConfigError, match=r'main.cf, line 2: unreasonable macro call nesting: "mail_name"'):
        conf.value("mail_name")


@pytest.mark.parametrize(("text", "level"), [("3.12", (3, 12, 0)), ("", None), ("x", None)])
def test_the_compatibility_level(text: str, level: tuple[int, int, int] | None) -> None:
    conf = MainCf("/etc/postfix", {"compatibility_level": text})
    if level is not None:
        assert conf.compatibility() == level
        return
    with pytest.raises(ConfigError, match="malformed compatibility level syntax"):
        conf.compatibility()


def test_defaults_follow_the_compatibility_level() -> None:
    name = "append_dot_mydomain"
    assert [MainCf("/x", {"compatibility_level": level}).value(name) for level in ("0", "3.6")] == ["yes", "no"]


def test_each_default_stands_once() -> None:
    names = [row[0] for row in read_default_rows()]
    assert len(names) == len(set(names)) > 900


NAMES = st.text("abcxyz_012", min_size=1, max_size=8)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\r\0\x0b\x0c\x85\u2028", exclude_categories=["Z", "C"])
)


@given(st.dictionaries(NAMES, st.lists(WORDS, max_size=4).map(" ".join), max_size=6))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> None:
    directory = tmp_path_factory.mktemp("conf")
    write(directory, "".join(f"{name} =\n  {value}\n# {name}\n" for name, value in settings.items()))
    conf = MainCf.load(str(directory))
    comments = {name for name, value in settings.items() if value.startswith("#")}
    for name in settings.keys() - comments:
        assert (conf.raw(name) or "").split() == settings[name].split()


@given(st.binary(max_size=80))
def test_any_octets_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, octets: bytes) -> None:
    directory = tmp_path_factory.mktemp("conf")
    (directory / "main.cf").write_bytes(octets)
    try:
        conf = MainCf.load(str(directory))
        for name in conf.names():
            conf.value(name)
    except ConfigError:
        return


def test_a_forked_daemon_reads_the_file_again_and_shares_the_table_of_defaults(tmp_path: Path) -> None:
    parent = MainCf.load(write(tmp_path, "a = 1\n"))
    defaults = parent.file_defaults()
    child = MainCf.load(write(tmp_path, "a = 2\n"), {"b": "3"}, parent)
    assert (child.raw("a"), child.raw("b")) == ("2", "3")
    assert child.file_defaults() is defaults


def test_the_last_declared_default_counts() -> None:
    conf = MainCf("/etc/postfix")
    first, second = {"max_use": "1", "only": "x"}, {"max_use": "2"}
    conf.add_defaults(first)
    conf.add_defaults(second)
    assert (conf.value("max_use"), conf.value("only")) == ("2", "x")
    conf.add_defaults(first)
    assert conf.value("max_use") == "1"
