"""The command line of sendmail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.sendmail_options import LETTERS, OptionError, OptionReader, SendmailOptions
from pymail.log.fatal import FatalError


def read(*words: str, name: str = "sendmail") -> tuple[SendmailOptions, list[str]]:
    warnings: list[str] = []
    return OptionReader(warnings.append).read(name, words), warnings


@pytest.mark.parametrize(
    ("words", "attribute", "value"),
    [
        (["-f", "a", "-r", "b"], "sender", "b"),
        (["-f", ""], "sender", ""),
        (["x"], "sender", None),
        (["-F", "Joe"], "full_name", "Joe"),
        (["-i"], "dot_ends", False),
        (["-oi"], "dot_ends", False),
        (["-om"], "dot_ends", True),
        (["-t"], "extract", True),
        (["-G"], "rewrite_context", "remote"),
        (["-B8bitmime"], "encoding", "8bit"),
        (["-B", "7BIT"], "encoding", "7bit"),
        (["-o8"], "encoding", "8bit"),
        (["-o7"], "encoding", "7bit"),
        (["-N", "never"], "notify", 1),
        (["-N", "success, DELAY"], "notify", 10),
        (["-Rfull"], "ret", 1),
        (["-R", "HDRS"], "ret", 2),
        (["-V", "id"], "envelope_id", "id"),
        (["-XV"], "verp", ""),
        (["-XV+="], "verp", "+="),
        (["-bv"], "trace", 512),
        (["-v"], "trace", 1024),
        (["-v", "-v", "-v"], "verbose", 2),
        (["-qRexample.com"], "site", "example.com"),
        (["-qIABC"], "queue_id", "ABC"),
        (["-oA/etc/aliases"], "alias_maps", "/etc/aliases"),
        (["-C", "/etc"], "configuration", "/etc"),
        (["-oee", "-om", "-em", "-n", "-m", "-U", "-h", "9", "-Ac", "-Lx", "-x", "-c", "-px", "a"], "arguments", ["a"]),
        (["-O", "DeliveryMode=b", "--", "-a"], "arguments", ["-a"]),
    ],
)
def test_an_option_sets_its_value(words: list[str], attribute: str, value: object) -> None:
    options, warnings = read(*words)
    assert (getattr(options, attribute), warnings) == (value, [])


@pytest.mark.parametrize(
    ("name", "words", "mode"),
    [
        ("sendmail", [], "enqueue"),
        ("mailq", [], "list"),
        ("newaliases", [], "aliases"),
        ("sendmail", ["-bp"], "list"),
        ("sendmail", ["-bi"], "aliases"),
        ("sendmail", ["-I"], "aliases"),
        ("sendmail", ["-bs"], "stand-alone"),
        ("sendmail", ["-bd"], "daemon"),
        ("sendmail", ["-bl"], "daemon"),
        ("sendmail", ["-bd", "-q30m"], "daemon"),
        ("sendmail", ["-bh"], "nothing"),
        ("sendmail", ["-q1h"], "nothing"),
        ("sendmail", ["-q"], "flush"),
        ("sendmail", ["-f", "x", "-q", "-v"], "flush"),
        ("sendmail", ["-bm"], "enqueue"),
        ("mailq", ["-bm"], "enqueue"),
    ],
)
def test_name_and_options_choose_what_is_done(name: str, words: list[str], mode: str) -> None:
    assert read(*words, name=name)[0].mode == mode


@pytest.mark.parametrize(
    ("words", "warnings"),
    [
        (["-N", "foo"], ['unknown DSN NOTIFY command value "foo" in "foo"', "bad -N option value -- ignored"]),
        (["-N", "never,success"], ["bad -N option value -- ignored"]),
        (["-R", "x"], ["bad -R option value -- ignored"]),
        (["-V", "x" * 101], ["too long -V option value -- ignored"]),
        (["-V", "\x01"], ["bad syntax in -V option value -- ignored"]),
        (["-V", ""], ["bad syntax in -V option value -- ignored"]),
        (["-V+="], ["option -V+= is deprecated with Postfix 2.3; specify -XV+= instead"]),
        (["-t", "-V"], ["option -V is deprecated with Postfix 2.3; specify -XV instead"]),
        (["-bd", "-q"], ["ignoring -q option in daemon mode"]),
    ],
)
def test_doubtful_values_are_ignored_with_a_warning(words: list[str], warnings: list[str]) -> None:
    assert read(*words)[1] == warnings


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-Bx"], "-B option needs 8BITMIME or 7BIT"),
        (["-bz"], "unsupported: -bz"),
        (["-b", ""], "unsupported: -b"),
        (["-Xlog"], "unsupported: -Xl"),
        (["-XVab"], "-V requires two characters from -=+"),
        (["-XV="], "-V requires two characters from -=+"),
        (["-qS"], "-qS is not implemented"),
        (["-qR"], "specify: -qRsitename"),
        (["-qI"], "specify: -qIqueueid"),
        (["-oA"], "-oA requires pathname"),
        (["-bp", "-t"], "-t can be used only in delivery mode"),
        (["-bp", "-qRx"], "-qR can be used only in delivery mode"),
        (["-bp", "-qIx"], "-qI can be used only in delivery mode"),
        (["-bv", "-t"], "-t option cannot be used with -bv"),
        (["-bv", "-Nnever"], "-N option cannot be used with -bv"),
        (["-bv", "-Rfull"], "-R option cannot be used with -bv"),
        (["-bv", "-v"], "-v option cannot be used with -bv"),
    ],
)
def test_wrong_options_are_fatal(words: list[str], text: str) -> None:
    with pytest.raises(FatalError) as caught:
        read(*words)
    assert str(caught.value) == text


def test_unknown_options_are_told() -> None:
    with pytest.raises(OptionError, match="invalid option -- 'Z'"):
        read("-Z")


@given(st.lists(st.text(st.sampled_from("-" + LETTERS + "x ="), max_size=4), max_size=5))
def test_no_command_line_raises_anything_else(words: list[str]) -> None:
    try:
        options, _ = read(*words)
    except (FatalError, OptionError):
        return
    assert options.mode in ("enqueue", "daemon", "aliases", "list", "stand-alone", "flush", "nothing")
