"""The demo's messages, and what it takes as a success."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pymail.commands.demo import Demo, Errand, aliases, check_mailboxes, compose, errands, guide, mailbox_titles, people
from pymail.commands.demo_instance import DemoError
from pymail.commands.demo_story import LogLine, Story


def story(*texts: str) -> Story:
    return Story(
        tuple(LogLine("one", "A00001", text, f"host postfix/x[1]: A00001: {text}") for text in texts), ("A00001",)
    )


def test_two_users_of_the_host_take_part() -> None:
    me, other = people()
    assert me != other


def test_every_way_of_a_message_is_shown_once() -> None:
    titles = [errand.title for errand in errands("me")]
    assert len(titles) == len(set(titles)) == 7
    assert sum(errand.waits for errand in errands("me")) == 1
    assert sum(not errand.by_sendmail for errand in errands("me")) == 1


def test_the_list_has_three_members_of_which_one_is_elsewhere() -> None:
    team = next(line for line in aliases("me", "you").splitlines() if line.startswith("team:"))
    assert team == "team: me, you, me@two.test"


def test_a_message_says_where_it_goes() -> None:
    message = compose(Errand("to an alias", "info@one.test", ()), "me@one.test", "<demo-1@one.test>")
    assert (message["From"], message["To"], message["Message-ID"]) == (
        "me@one.test",
        "info@one.test",
        "<demo-1@one.test>",
    )


def test_mailboxes_that_hold_everything_pass() -> None:
    content = "".join(f"Subject: {title}\n" for title in mailbox_titles("me"))
    check_mailboxes({Path("/x/me"): content, Path("/x/you"): ""}, "me", mailbox_titles("me"))


@pytest.mark.parametrize(
    "mailboxes",
    [
        pytest.param({}, id="no-mailbox"),
        pytest.param({Path("/x/me"): "Subject: hello\n"}, id="another-message"),
        pytest.param({Path("/x/you"): "Subject: to an alias\n"}, id="another-mailbox"),
    ],
)
def test_a_message_that_is_not_in_the_mailbox_fails_the_demo(mailboxes: dict[Path, str]) -> None:
    with pytest.raises(DemoError, match="to an alias"):
        check_mailboxes(mailboxes, "me", ("to an alias",))


def test_a_story_is_shown_and_must_say_what_is_expected(tmp_path: Path) -> None:
    out = io.StringIO()
    demo = Demo(tmp_path, out)
    errand = Errand("to an alias", "info@one.test", ("status=sent",))
    demo.show_story(errand, story("status=sent (delivered to mailbox)"))
    assert "A00001: status=sent" in out.getvalue()
    with pytest.raises(DemoError, match="status=sent"):
        demo.show_story(errand, story("status=bounced"))


def test_both_configurations_are_written_with_the_routes(tmp_path: Path) -> None:
    demo = Demo(tmp_path, io.StringIO())
    demo.make({"maillog_file": "/dev/stdout"})
    text = (tmp_path / "one/etc/main.cf").read_text()
    assert f"two.test=smtp:[127.0.0.1]:{demo.two.port}" in text
    assert "maillog_file = /dev/stdout" in text
    assert "transport_maps" not in (tmp_path / "two/etc/main.cf").read_text()
    assert demo.stop()


def test_the_guide_names_port_and_mailbox(tmp_path: Path) -> None:
    demo = Demo(tmp_path, io.StringIO())
    text = guide(demo.one, "me")
    assert f"127.0.0.1:{demo.one.port}" in text
    assert str(tmp_path / "one/mail/me") in text
