"""Greeting and EHLO."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pymail.client.connect import ConnectOptions
from pymail.client.peer import Peer
from pymail.client.session import SmtpSession, open_session
from pymail.daemons.smtp.handshake import RefusedError, greet
from pymail.daemons.smtp.settings import Settings
from pymail.proto.smtp.client import ClientOptions
from tests.support.smtp_client_rig import settings
from tests.support.smtp_peer import Answer, SmtpPeer


def meet(
    config: Settings, answers: dict[str, Answer], *, port: int = 0, name: str = "peer.test"
) -> tuple[list[str], list[str]]:
    """Greet a server; return its commands, and our warnings. *port*: what the session believes."""
    warnings: list[str] = []

    async def run() -> list[str]:
        async with SmtpPeer(answers, name=name) as peer:
            session: SmtpSession = await open_session(
                Peer("h", "127.0.0.1", peer.port), ConnectOptions(), ClientOptions("me.test", lmtp=config.lmtp)
            )
            session.peer = Peer("h", "127.0.0.1", port or peer.port)
            try:
                await greet(session, config, "d.test", warnings.append)
            finally:
                session.abort()
            return peer.commands

    return asyncio.run(run()), warnings


@pytest.mark.parametrize(
    ("values", "greeting", "first"),
    [
        pytest.param({}, "220 x", "EHLO me.test", id="always"),
        pytest.param({"smtp_always_send_ehlo": "no"}, "220 x", "HELO me.test", id="not-offered"),
        pytest.param({"smtp_always_send_ehlo": "no"}, "220 x ESMTP", "EHLO me.test", id="offered"),
        pytest.param({"smtp_never_send_ehlo": "yes"}, "220 x ESMTP", "HELO me.test", id="never"),
    ],
)
def test_ehlo_or_helo(tmp_path: Path, values: dict[str, str], greeting: str, first: str) -> None:
    commands, _ = meet(settings(tmp_path, values), {"CONNECT": greeting})
    assert commands == [first]


@pytest.mark.parametrize(
    ("values", "status"),
    [
        pytest.param({}, "4.7.1", id="like-a-busy-server"),
        pytest.param({"smtp_skip_5xx_greeting": "no"}, "5.7.1", id="as-it-is"),
    ],
)
def test_a_5xx_greeting(tmp_path: Path, values: dict[str, str], status: str) -> None:
    with pytest.raises(RefusedError) as raised:
        meet(settings(tmp_path, values), {"CONNECT": "554 5.7.1 go away"})
    assert raised.value.dsn.status == status


def test_a_refused_lhlo_has_no_fallback(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as raised:
        meet(settings(tmp_path, lmtp=True), {"LHLO": "550 5.7.1 no"})
    assert raised.value.dsn.status == "5.7.1"


def test_our_own_name_on_the_smtp_port_is_a_loop(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as raised:
        meet(settings(tmp_path), {}, port=25, name="me.test")
    assert raised.value.dsn.reason == "mail for d.test loops back to myself"


def test_our_own_name_in_the_greeting_is_warned_of(tmp_path: Path) -> None:
    _, warnings = meet(settings(tmp_path), {"CONNECT": "220 me.test ESMTP"}, port=25)
    assert warnings == ["host h[127.0.0.1]:25 greeted me with my own hostname me.test"]


def test_our_own_name_on_another_port_is_a_coincidence(tmp_path: Path) -> None:
    _, warnings = meet(settings(tmp_path), {}, name="me.test")
    assert warnings == []
