"""Whole deliveries against servers on loopback: outcomes, texts, the next server, connections that are used again."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from pymail.ipc.delivery import RequestFlag
from pymail.mail.dsn import NOTIFY_FAILURE, NOTIFY_SUCCESS
from pymail.mail.envelope import Recipient
from tests.support.smtp_client_rig import REUSE, Rig, World, play, request, settings, with_reuse
from tests.support.smtp_peer import Answer, SmtpPeer
from tests.support.turns import until

HOST = "127.0.0.1[127.0.0.1]"


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def start(stack: AsyncExitStack, answers: dict[str, Answer] | None = None, **more: object) -> SmtpPeer:
    """A server for the time of the scene."""
    return await stack.enter_async_context(SmtpPeer(answers or {}, **more))  # type: ignore[arg-type]  # its fields


def test_a_message_is_sent(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack)
        status = await rig.deliver(request(f"[127.0.0.1]:{peer.port}"))
        assert (status.again, status.hop) == (False, None)
        assert rig.told == [("u@d.test", "sent", "2.0.0", "250 2.0.0 Ok: queued as PEER1")]
        told = rig.reports.told[0]
        assert told.relay == f"{HOST}:{peer.port}"
        assert told.outcome.dsn.action == "relayed"
        assert told.outcome.stats.conn_setup_done > 3.0
        assert told.outcome.stats.reuse_count == 0
        assert peer.messages[0].content == b"Subject: hello\r\n\r\nline\r\n"
        assert peer.messages[0].mail == "FROM:<from@me.test> SIZE=100 BODY=8BITMIME"
        assert rig.log == []

    play(scene, settings(tmp_path))


def test_commands_and_content_go_out_in_one_piece_each(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack)
        await rig.deliver(request(f"[127.0.0.1]:{peer.port}", "a@d.test", "b@d.test"))
        await until(lambda: "QUIT" in peer.commands)
        assert [chunk.count(b"\r\n") for chunk in peer.chunks] == [1, 4, 5]
        assert peer.chunks[2].endswith(b"line\r\n.\r\nQUIT\r\n")

    play(scene, settings(tmp_path))


@pytest.mark.parametrize(
    ("answers", "fate", "status", "reason", "hop"),
    [
        pytest.param(
            {"RCPT": "550 5.1.1 no such user"}, "bounced", "5.1.1",
            f"host {HOST} said: 550 5.1.1 no such user (in reply to RCPT TO command)", False, id="rcpt-550",
        ),
        pytest.param(
            {"RCPT": "450 4.2.0 mailbox busy"}, "deferred", "4.2.0",
            f"host {HOST} said: 450 4.2.0 mailbox busy (in reply to RCPT TO command)", False, id="rcpt-450",
        ),
        pytest.param(
            {"MAIL": "550 5.7.1 sender refused"}, "bounced", "5.7.1",
            f"host {HOST} said: 550 5.7.1 sender refused (in reply to MAIL FROM command)", False, id="mail-550",
        ),
        pytest.param(
            {"MAIL": "451 4.7.1 sender greylisted"}, "deferred", "4.7.1",
            f"host {HOST} said: 451 4.7.1 sender greylisted (in reply to MAIL FROM command)", False, id="mail-451",
        ),
        pytest.param(
            {"DATA": "554 5.7.1 no data today"}, "bounced", "5.7.1",
            f"host {HOST} said: 554 5.7.1 no data today (in reply to DATA command)", False, id="data-554",
        ),
        pytest.param(
            {".": "554 5.6.0 content refused"}, "bounced", "5.6.0",
            f"host {HOST} said: 554 5.6.0 content refused (in reply to end of DATA command)", False, id="dot-554",
        ),
        pytest.param(
            {".": "451 4.3.0 try later"}, "deferred", "4.3.0",
            f"host {HOST} said: 451 4.3.0 try later (in reply to end of DATA command)", False, id="dot-451",
        ),
        pytest.param(
            {"RCPT": "421 4.3.2 closing"}, "deferred", "4.3.2",
            f"host {HOST} said: 421 4.3.2 closing (in reply to RCPT TO command)", False, id="rcpt-421",
        ),
        pytest.param(
            {"RCPT": ""}, "deferred", "4.4.2", f"lost connection with {HOST} while sending RCPT TO", True,
            id="rcpt-lost",
        ),
        pytest.param(
            {".": ""}, "deferred", "4.4.2",
            f"lost connection with {HOST} while sending end of data -- message may be sent more than once", True,
            id="dot-lost",
        ),
        pytest.param(
            {"CONNECT": ""}, "deferred", "4.4.2",
            f"lost connection with {HOST} while receiving the initial server greeting", True, id="greeting-lost",
        ),
        pytest.param(
            {"CONNECT": "554 5.7.1 go away"}, "deferred", "4.7.1",
            f"host {HOST} refused to talk to me: 554 5.7.1 go away", True, id="greeting-554",
        ),
        pytest.param(
            {"CONNECT": "421 4.3.2 busy"}, "deferred", "4.3.2",
            f"host {HOST} refused to talk to me: 421 4.3.2 busy", True, id="greeting-421",
        ),
        pytest.param(
            {"EHLO": "550 5.7.1 no", "HELO": "550 5.7.1 you are not welcome"}, "bounced", "5.7.1",
            f"host {HOST} refused to talk to me: 550 5.7.1 you are not welcome", False, id="helo-550",
        ),
    ],
)  # fmt: skip
def test_what_the_server_says_decides(  # noqa: PLR0917
    tmp_path: Path, answers: dict[str, Answer], fate: str, status: str, reason: str, hop: bool
) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack, answers)
        final = await rig.deliver(request(f"[127.0.0.1]:{peer.port}"))
        assert rig.told == [("u@d.test", fate, status, reason)]
        assert rig.reports.told[0].relay == f"{HOST}:{peer.port}"
        assert final.again == (fate == "deferred")
        assert (final.hop.reason if final.hop else "") == (reason if hop else "")

    play(scene, settings(tmp_path))


def test_each_recipient_has_its_own_fate(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        answers: dict[str, Answer] = {"RCPT TO:<r5": "550 5.1.1 no", "RCPT TO:<r4": "450 4.2.0 busy"}
        peer = await start(stack, answers)
        final = await rig.deliver(request(f"[127.0.0.1]:{peer.port}", "ok@d.test", "r5@d.test", "r4@d.test"))
        assert {(address, fate) for address, fate, _, _ in rig.told} == {
            ("ok@d.test", "sent"), ("r5@d.test", "bounced"), ("r4@d.test", "deferred"),
        }  # fmt: skip
        assert final.again
        assert final.hop is None
        assert peer.messages[0].rcpt == ["TO:<ok@d.test> ORCPT=rfc822;ok@d.test"]

    play(scene, settings(tmp_path))


def test_a_refused_connection(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        port = closed_port()
        final = await rig.deliver(request(f"[127.0.0.1]:{port}"))
        reason = f"connect to {HOST}:{port}: Connection refused"
        assert rig.told == [("u@d.test", "deferred", "4.4.1", reason)]
        assert rig.reports.told[0].relay == "none"
        assert rig.log == [reason]
        assert final.hop is not None
        assert (final.hop.status, final.hop.reason) == ("4.4.1", reason)

    play(scene, settings(tmp_path))


ZONE = {
    ("two.test", "MX"): ["10 a.two.test.", "20 b.two.test."],
    ("a.two.test", "A"): ["127.0.0.66"],
    ("b.two.test", "A"): ["127.0.0.1"],
    ("null.test", "MX"): ["0 ."],
}


def test_the_second_exchanger_is_tried(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack)
        await rig.deliver(request(f"two.test:{peer.port}"))
        assert rig.log == [f"connect to a.two.test[127.0.0.66]:{peer.port}: Connection refused"]
        assert rig.reports.told[0].relay == f"b.two.test[127.0.0.1]:{peer.port}"
        assert rig.told[0][1] == "sent"

    play(scene, settings(tmp_path), World(ZONE))


@pytest.mark.parametrize(
    ("answers", "logged"),
    [
        pytest.param(
            {"RCPT": "450 4.2.0 busy"},
            "host a.two.test[127.0.0.66] said: 450 4.2.0 busy (in reply to RCPT TO command)", id="rcpt",
        ),
        pytest.param(
            {".": "451 4.3.0 later"},
            "host a.two.test[127.0.0.66] said: 451 4.3.0 later (in reply to end of DATA command)", id="dot",
        ),
        pytest.param(
            {"CONNECT": "554 no"}, "host a.two.test[127.0.0.66] refused to talk to me: 554 no", id="greeting",
        ),
        pytest.param({"DATA": ""}, "lost connection with a.two.test[127.0.0.66] while sending DATA command", id="lost"),
    ],
)  # fmt: skip
def test_temporary_trouble_is_left_to_the_next_server(tmp_path: Path, answers: dict[str, Answer], logged: str) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        good = await start(stack)
        bad = await start(stack, answers, host="127.0.0.66", port=good.port)
        final = await rig.deliver(request(f"two.test:{good.port}"))
        assert bad.sessions == 1
        assert [fate for _, fate, _, _ in rig.told] == ["sent"]
        assert rig.log == [f"ABC123: {logged}"]
        assert not final.again

    play(scene, settings(tmp_path), World(ZONE))


def test_a_permanent_refusal_is_not_taken_elsewhere(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        good = await start(stack)
        await start(stack, {"RCPT": "550 5.1.1 no"}, host="127.0.0.66", port=good.port)
        await rig.deliver(request(f"two.test:{good.port}"))
        assert [fate for _, fate, _, _ in rig.told] == ["bounced"]
        assert good.sessions == 0

    play(scene, settings(tmp_path), World(ZONE))


def test_only_so_many_servers_are_talked_to(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        good = await start(stack)
        await start(stack, {"RCPT": "450 4.2.0 busy"}, host="127.0.0.66", port=good.port)
        final = await rig.deliver(request(f"two.test:{good.port}"))
        assert [fate for _, fate, _, _ in rig.told] == ["deferred"]
        assert good.sessions == 0
        assert final.hop is None

    play(scene, settings(tmp_path, {"smtp_mx_session_limit": "1"}), World(ZONE))


def test_the_fallback_relay_takes_what_nobody_takes(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack, port=port)
        for nexthop in (f"[127.0.0.66]:{port}", "nx.example"):
            await rig.deliver(request(nexthop))
        assert [fate for _, fate, _, _ in rig.told] == ["sent", "sent"]
        assert peer.sessions == 2

    port = closed_port()
    play(scene, settings(tmp_path, {"smtp_fallback_relay": f"[127.0.0.1]:{port}"}), World(ZONE))


def test_a_bad_fallback_relay_defers(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        await rig.deliver(request("nx.example"))
        assert rig.told[0][1:3] == ("deferred", "4.3.5")
        assert rig.log == ["smtp_fallback_relay configuration problem"]

    play(scene, settings(tmp_path, {"smtp_fallback_relay": "[nx2.example]"}), World(ZONE))


def test_several_next_hops_are_tried_in_order(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack)
        port = closed_port()
        await rig.deliver(request(f"[127.0.0.1]:{port}, [127.0.0.1]:{peer.port}"))
        assert rig.told[0][1] == "sent"

    play(scene, settings(tmp_path))


def test_a_null_mx_bounces(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        final = await rig.deliver(request("null.test"))
        assert rig.told == [("u@d.test", "bounced", "5.1.0", "Domain null.test does not accept mail (nullMX)")]
        assert rig.reports.told[0].relay == "none"
        assert (final.again, final.hop) == (False, None)

    play(scene, settings(tmp_path), World(ZONE))


def test_a_next_hop_that_cannot_be_read_defers(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        await rig.deliver(request("[127.0.0.1"))
        assert rig.told[0][1:3] == ("deferred", "4.3.5")
        assert len(rig.log) == 1

    play(scene, settings(tmp_path))


def test_a_connection_is_used_again(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack)
        wanted = with_reuse(request(f"[127.0.0.1]:{peer.port}"))
        for _ in range(3):
            await rig.deliver(wanted)
        assert peer.sessions == 1
        assert [told.outcome.stats.reuse_count for told in rig.reports.told] == [0, 1, 2]
        assert [line.split()[0] for line in peer.commands] == [
            "EHLO", "MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA",
        ]  # fmt: skip
        last = replace(wanted, flags=RequestFlag.NORMAL | RequestFlag.CONN_LOAD)
        await rig.deliver(last)
        await until(lambda: peer.commands[-1] == "QUIT")
        assert peer.sessions == 1

    play(scene, settings(tmp_path))


def test_a_connection_is_not_used_again_without_the_wish(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack)
        for _ in range(2):
            await rig.deliver(request(f"[127.0.0.1]:{peer.port}"))
        assert peer.sessions == 2

    play(scene, settings(tmp_path))


@pytest.mark.parametrize(
    ("values", "sessions"),
    [
        pytest.param({"smtp_connection_cache_on_demand": "no"}, 3, id="off"),
        pytest.param({"smtp_connection_reuse_count_limit": "1"}, 2, id="count-limit"),
        pytest.param({}, 1, id="default"),
    ],
)
def test_reuse_has_limits(tmp_path: Path, values: dict[str, str], sessions: int) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack)
        for _ in range(3):
            await rig.deliver(with_reuse(request(f"[127.0.0.1]:{peer.port}")))
        assert peer.sessions == sessions
        assert [fate for _, fate, _, _ in rig.told] == ["sent"] * 3

    play(scene, settings(tmp_path, values))


def test_a_destination_can_always_be_reused(tmp_path: Path) -> None:
    port = closed_port()

    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack, port=port)
        for _ in range(2):
            await rig.deliver(request(f"[127.0.0.1]:{port}"))
        assert peer.sessions == 1

    play(scene, settings(tmp_path, {"smtp_connection_cache_destinations": "d.test 127.0.0.1"}))


@pytest.mark.parametrize("answer", ["", "421 4.4.2 too late", "500 5.5.1 what?"])
def test_a_stale_connection_costs_nothing(tmp_path: Path, answer: str) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack, {"RSET": answer})
        for _ in range(2):
            await rig.deliver(with_reuse(request(f"[127.0.0.1]:{peer.port}")))
        assert [fate for _, fate, _, _ in rig.told] == ["sent", "sent"]
        assert peer.sessions == 2
        assert len(peer.messages) == 2
        assert rig.log == []
        assert [told.outcome.stats.reuse_count for told in rig.reports.told] == [0, 0]

    play(scene, settings(tmp_path))


def test_a_session_survives_refused_recipients(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack, {"RCPT": ["550 5.1.1 no", "default"]})
        nexthop = f"[127.0.0.1]:{peer.port}"
        await rig.deliver(with_reuse(request(nexthop)))
        await rig.deliver(with_reuse(request(nexthop)))
        assert [fate for _, fate, _, _ in rig.told] == ["bounced", "sent"]
        assert peer.sessions == 1

    play(scene, settings(tmp_path))


def test_a_server_that_closes_is_not_kept(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack, {".": ["421 4.3.2 closing", "default"]})
        nexthop = f"[127.0.0.1]:{peer.port}"
        await rig.deliver(with_reuse(request(nexthop)))
        await rig.deliver(with_reuse(request(nexthop)))
        assert [fate for _, fate, _, _ in rig.told] == ["deferred", "sent"]
        assert peer.sessions == 2

    play(scene, settings(tmp_path))


def test_the_size_limit_of_the_server_counts(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack, extensions=("PIPELINING", "SIZE 99"))
        await rig.deliver(request(f"[127.0.0.1]:{peer.port}"))
        assert rig.told == [
            ("u@d.test", "bounced", "5.3.4", f"message size 100 exceeds size limit 99 of server {HOST}")
        ]
        assert not any(line.startswith("MAIL") for line in peer.commands)

    play(scene, settings(tmp_path))


def test_smtputf8_is_needed_for_utf8_addresses(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        wanted = replace(request("x", "ü@d.test"), sendopts=9)
        plain = await start(stack, extensions=("PIPELINING",))
        await rig.deliver(replace(wanted, nexthop=f"[127.0.0.1]:{plain.port}"))
        able = await start(stack)
        await rig.deliver(replace(wanted, nexthop=f"[127.0.0.1]:{able.port}"))
        assert [(fate, status) for _, fate, status, _ in rig.told] == [("bounced", "5.6.7"), ("sent", "2.0.0")]
        assert able.messages[0].mail.endswith(" SMTPUTF8")

    play(scene, settings(tmp_path, {"smtputf8_enable": "yes"}))


def test_the_duty_to_report_success_goes_with_the_message(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        recipient = Recipient("u@d.test", "u@d.test", 0, "rfc822;o@d.test", NOTIFY_SUCCESS | NOTIFY_FAILURE)
        able, plain = await start(stack), await start(stack, extensions=("PIPELINING",))
        for peer in (able, plain):
            await rig.deliver(request(f"[127.0.0.1]:{peer.port}", recipient))
        assert [told.recipient.notify for told in rig.reports.told] == [NOTIFY_FAILURE, recipient.notify]
        assert able.messages[0].rcpt == ["TO:<u@d.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;o@d.test"]
        assert plain.messages[0].rcpt == ["TO:<u@d.test>"]

    play(scene, settings(tmp_path))


def test_a_server_without_esmtp(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack, {"EHLO": "500 what?"})
        await rig.deliver(request(f"[127.0.0.1]:{peer.port}"))
        assert rig.told[0][1] == "sent"
        assert peer.messages[0].mail == "FROM:<from@me.test>"
        assert [line.split()[0] for line in peer.commands[:2]] == ["EHLO", "HELO"]

    play(scene, settings(tmp_path))


@pytest.mark.parametrize("target", ["rcpt", "data"])
def test_a_probe_sends_no_content(tmp_path: Path, target: str) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack, {"RCPT TO:<no": "550 5.1.1 no"})
        nexthop = f"[127.0.0.1]:{peer.port}"
        wanted = request(nexthop, "yes@d.test", "no@d.test", flags=RequestFlag.NORMAL | RequestFlag.MTA_VRFY)
        await rig.deliver(wanted)
        assert {(address, fate, status, reason) for address, fate, status, reason in rig.told} == {
            ("yes@d.test", "sent", "2.1.5", "250 2.1.5 Ok"),
            ("no@d.test", "bounced", "5.1.1", f"host {HOST} said: 550 5.1.1 no (in reply to RCPT TO command)"),
        }
        assert peer.messages == []
        assert ("DATA" in peer.commands) == (target == "data")

    play(scene, settings(tmp_path, {"smtp_address_verify_target": target}))


def test_lmtp_answers_for_each_recipient(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        answers: dict[str, Answer] = {".": ["250 2.0.0 ok", "554 5.6.0 refused", "451 4.3.0 later"]}
        peer = await start(stack, answers, lmtp=True)
        final = await rig.deliver(request(f"inet:127.0.0.1:{peer.port}", "a@d.test", "b@d.test", "c@d.test"))
        assert [(address, fate, status) for address, fate, status, _ in rig.told] == [
            ("a@d.test", "sent", "2.0.0"), ("b@d.test", "bounced", "5.6.0"), ("c@d.test", "deferred", "4.3.0"),
        ]  # fmt: skip
        assert rig.told[2][3] == f"host {HOST} said: 451 4.3.0 later (in reply to end of DATA command)"
        assert peer.commands[0] == "LHLO me.test"
        assert final.again

    play(scene, settings(tmp_path, lmtp=True))


def test_lmtp_over_a_unix_socket(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        path = str(tmp_path / "lmtp")
        await start(stack, lmtp=True, path=path)
        await rig.deliver(request(f"unix:{path}"))
        assert rig.told[0][1] == "sent"
        assert rig.reports.told[0].relay == f"me.test[{path}]"
        await rig.deliver(request(f"unix:{tmp_path}/none"))
        assert rig.told[1][3] == f"connect to me.test[{tmp_path}/none]: No such file or directory"

    play(scene, settings(tmp_path, lmtp=True))


@pytest.mark.parametrize(("skip", "waits"), [("yes", False), ("no", True)])
def test_the_reply_to_quit_is_awaited_as_configured(tmp_path: Path, skip: str, waits: bool) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack, extensions=())
        await rig.deliver(request(f"[127.0.0.1]:{peer.port}"))
        assert ("QUIT" in peer.commands) is waits
        assert [fate for _, fate, _, _ in rig.told] == ["sent"]

    play(scene, settings(tmp_path, {"smtp_skip_quit_response": skip}))


def test_final_delivery_is_told(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack)
        await rig.deliver(request(f"[127.0.0.1]:{peer.port}"))
        assert rig.reports.told[0].outcome.dsn.action == "delivered"

    play(scene, settings(tmp_path, arguments=("flags=X",)))


def test_a_file_that_cannot_be_read_is_our_fault(tmp_path: Path) -> None:
    class Broken:
        def __iter__(self) -> Broken:
            return self

        def __next__(self) -> bytes:
            raise OSError(5, "Input/output error")

    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack)
        await rig.deliver(request(f"[127.0.0.1]:{peer.port}"), Broken())
        assert rig.told == [("u@d.test", "deferred", "4.3.0", f"local data error while talking to {HOST}")]
        assert peer.messages == []

    play(scene, settings(tmp_path))


def test_deliveries_run_side_by_side(tmp_path: Path) -> None:
    async def scene(rig: Rig, stack: AsyncExitStack) -> None:
        peer = await start(stack)
        await asyncio.gather(*(rig.deliver(request(f"[127.0.0.1]:{peer.port}", flags=REUSE)) for _ in range(10)))
        assert [fate for _, fate, _, _ in rig.told] == ["sent"] * 10
        assert peer.sessions == 10

    play(scene, settings(tmp_path))
