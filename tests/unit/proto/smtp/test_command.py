"""SMTP commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.proto.smtp.command import (
    BAD_RECIPIENT,
    BAD_SENDER,
    SYNTAX_MAIL,
    BdatArguments,
    CommandError,
    MailArguments,
    RcptArguments,
    Verb,
    parse_address,
    parse_bdat,
    parse_mail,
    parse_rcpt,
    split_command,
)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        pytest.param("FROM:<a@b.test>", MailArguments("a@b.test", "<a@b.test>"), id="common"),
        pytest.param("from: <a@b>", MailArguments("a@b", "<a@b>"), id="blank-after-colon"),
        pytest.param("FROM:<>", MailArguments("", "<>"), id="null"),
        pytest.param("FROM:a@b", MailArguments("a@b", "a@b"), id="without-brackets"),
        pytest.param('FROM:<"a b"@c>', MailArguments("a b@c", '<"a b"@c>'), id="quoted"),
        pytest.param('FROM:<"a>b"@c>', MailArguments("a>b@c", '<"a>b"@c>'), id="bracket-in-quotes"),
        pytest.param("FROM:<@x,@y:a@b>", MailArguments("a@b", "<@x,@y:a@b>"), id="route"),
        pytest.param(
            "FROM:<a@b> SIZE=10 body=8bitmime RET=hdrs ENVID=x+2By SMTPUTF8",
            MailArguments("a@b", "<a@b>", 10, "8bit", True, "x+y", 2),
            id="parameters",
        ),
    ],
)
def test_mail_is_read(argument: str, expected: MailArguments) -> None:
    assert parse_mail(argument) == expected


@pytest.mark.parametrize(
    ("argument", "code", "start"),
    [
        pytest.param("", 501, "5.5.4 Syntax", id="empty"),
        pytest.param("FROM:", 501, "5.5.4 Syntax", id="no-path"),
        pytest.param("FROM <a@b>", 501, "5.5.4 Syntax", id="no-colon"),
        pytest.param("TO:<a@b.test>", 501, "5.5.4 Syntax", id="other-keyword"),
        pytest.param("FROM:<a@b", 501, "5.1.7", id="open-bracket"),
        pytest.param("FROM:<a b@c>", 501, "5.1.7", id="blank"),
        pytest.param("FROM:<a@b>x", 501, "5.1.7", id="text-behind"),
        pytest.param("FROM:<a@b> SIZE=x", 501, "5.5.4 Bad message size", id="size"),
        pytest.param("FROM:<a@b> SIZE=" + "9" * 20, 552, "5.3.4", id="huge-size"),
        pytest.param("FROM:<a@b> SIZE=" + "9" * 2000, 552, "5.3.4", id="monstrous-size"),
        pytest.param("FROM:<a@b> FOO=1", 555, "5.5.4 Unsupported option: FOO=1", id="unknown"),
    ],
)
def test_bad_mail_carries_its_answer(argument: str, code: int, start: str) -> None:
    with pytest.raises(CommandError) as raised:
        parse_mail(argument)
    assert raised.value.reply.code == code
    assert raised.value.reply.lines[0].startswith(start)


def test_strict_envelopes_want_brackets() -> None:
    assert parse_mail("FROM:<a@b.test>", strict=True).address == "a@b.test"
    with pytest.raises(CommandError):
        parse_mail("FROM:a@b.test", strict=True)


def test_rcpt_is_read() -> None:
    assert parse_rcpt("TO:<a@b.test>") == RcptArguments("a@b.test", "<a@b.test>")
    assert parse_rcpt("TO:<a@b> NOTIFY=success,DELAY ORCPT=rfc822;x+2By@z") == RcptArguments(
        "a@b", "<a@b>", 10, "rfc822;x+y@z"
    )


@pytest.mark.parametrize("argument", ["TO:<>", "TO:<a b@c>", "TO:<a@b", "TO:a@b>c"])
def test_bad_recipient(argument: str) -> None:
    with pytest.raises(CommandError) as raised:
        parse_rcpt(argument)
    assert raised.value.reply == BAD_RECIPIENT


@pytest.mark.parametrize(
    "text", ["NOTIFY=NEVER,SUCCESS", "NOTIFY=", "NOTIFY=x", "NOTIFY=NEVER NOTIFY=NEVER", "ORCPT=x", "ORCPT=", "SIZE=1"]
)
def test_bad_recipient_parameters(text: str) -> None:
    with pytest.raises(CommandError):
        parse_rcpt(f"TO:<a@b> {text}")


def test_unknown_notify_value_is_named() -> None:
    with pytest.raises(CommandError) as raised:
        parse_rcpt("TO:<a@b> NOTIFY=SUCCESS,x")
    assert raised.value.warning == 'unknown DSN NOTIFY command value "x" in "SUCCESS,x"'


@given(st.text(max_size=40))
def test_no_input_raises_anything_else(text: str) -> None:
    for parser in (parse_mail, parse_rcpt, parse_address, parse_bdat):
        for argument in (text, f"FROM:{text}", f"TO:<{text}>", f"FROM:<a@b> {text}"):
            try:
                parser(argument)
            except CommandError as error:
                assert 500 <= error.reply.code < 600


def test_fault_of_the_address_is_told() -> None:
    with pytest.raises(CommandError) as raised:
        parse_mail("FROM:<a b@c>")
    assert (raised.value.reply, raised.value.address) == (BAD_SENDER, "<a b@c>")
    with pytest.raises(CommandError) as raised:
        parse_mail("FROM")
    assert (raised.value.reply, raised.value.address) == (SYNTAX_MAIL, "")


@pytest.mark.parametrize(("text", "expected"), [("5", BdatArguments(5, False)), ("0 last", BdatArguments(0, True))])
def test_bdat_is_read(text: str, expected: BdatArguments) -> None:
    assert parse_bdat(text) == expected


@pytest.mark.parametrize("text", ["", "x", "-1", "5 FIRST", "5 LAST x", "9" * 30, "LAST"])
def test_bad_bdat(text: str) -> None:
    with pytest.raises(CommandError):
        parse_bdat(text)


def test_line_is_split_at_its_first_blank() -> None:
    assert split_command("  MAIL  FROM:<a b> ") == ("MAIL", "FROM:<a b>")
    assert split_command(" \t") == ("", "")


def test_words_of_verbs() -> None:
    assert (Verb.MAIL.word, Verb.MAIL.counter) == ("MAIL", "mail")
