"""Our *resolve* beside Postfix's: the same addresses, the same configuration, the same answers.

Postfix's trivial-rewrite runs stand-alone and answers one request per process. Left out is what we do otherwise on
purpose: octets of IPv4 literals with leading zeros are no address here.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pymail.config.main_cf import MainCf
from pymail.daemons.trivial_rewrite.params import TrivialRewriteParams
from pymail.daemons.trivial_rewrite.setup import build_engine
from tests.support.oracle import environment, needs_postfix, needs_root, postfix_root
from tests.support.tables import make_context

pytestmark = [needs_postfix, needs_root]

MAIN_CF = """\
compatibility_level = 3.6
mail_owner = daemon
setgid_group = mail
shlib_directory = {root}/usr/lib/postfix
daemon_directory = {root}/usr/lib/postfix/sbin
meta_directory = {folder}
queue_directory = {folder}
data_directory = {folder}
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
myhostname = mta.exam.test
mydomain = exam.test
myorigin = exam.test
mydestination = mta.exam.test, local.test
relay_domains = relay.test, sender.test
virtual_alias_domains = valias.test
virtual_mailbox_domains = vmb.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
"""

ADDRESSES = """\
joe|joe@|a@b..c|a@-x|a@foo_bar|a@1.2.3.4|a@[1.2.3.4]|a@[::1]|a@[ipv6:::1]|a@[x]|a%b@local.test|a%b|a!b|a!b@local.test
a!b@relay.test|a%b@relay.test|a@b@relay.test|@relay.test|@local.test|@|@@|a@b@|a@.b|a@b.|a@b..|a@.|"a@b"@local.test
"a b"@local.test|a b@local.test|A@LOCAL.TEST|a@sub.relay.test|a@sub.local.test|a@valias.test|a@vmb.test|a,b@c|a@b c
a@[127.0.0.1]|a@[127.0.0.1]x|a@[127.0.0.1|é@relay.test|<a@b>|a(b)@c|a.@relay.test|a"b@c|a@b%c@local.test|a!b%c
a%b%c@local.test|"x!y"@local.test|"x y%z"@local.test|user%@local.test|%x@local.test|!x|x!|""@local.test|""|a@b\\c
@x:a@local.test|@x:y%z@local.test|@x:y|x @y:z@local.test|x+y@local.test|a@b@valias.test|"a\\"b"@local.test|
a%local.test@local.test|x@relay.test%local.test@local.test|"a%b@c"@local.test|a@b@c@local.test|a@[0.1.2.3]"""
ADDRESSES = [address for line in ADDRESSES.split("\n") for address in line.split("|")]

ROUTED_TEXT = """\
a@t1.test a@t2.test a@t3.test a@t5.test a@t6.test u1@t10.test u+x@sub.t10.test u+e@t11.test u+f@t11.test a@local.test
a@valias.test a@vmb.test joe a@b a@relay.test a@moved.test joe+x"""
ROUTED = [("", address) for address in ROUTED_TEXT.split()]
MAPS = """\
transport_maps = inline:{t1.test=x:y, t2.test=x:, t3.test=:y, t5.test=:, t6.test=error:, u1@t10.test=x:one,
 t10.test=x:d, .t10.test=x:sub, u+e@t11.test=x:ext, u@t11.test=x:noext, vmb.test=v:, mta.exam.test=q:}
relocated_maps = inline:{@moved.test=new, joe=newjoe}
recipient_delimiter = +
"""
SENDERS = """\
relayhost = rh
sender_dependent_relayhost_maps = inline:{s1@x.test=[r1]:26, s3@x.test=DUNNO, @dom.test=r4, <>=rnull, u@e.test=rext}
sender_dependent_default_transport_maps = inline:{s2@x.test=x:h, s3@x.test=DUNNO, s4@x.test=y:, s5@x.test=:h}
recipient_delimiter = +
"""
BY_SENDER = [
    (sender, address)
    for sender in ("s1@x.test", "s2@x.test", "s3@x.test", "s4@x.test", "s5@x.test", "z@dom.test", "", "u+f@e.test", "q")
    for address in ("a@b", "a@relay.test", "joe")
]
FAILING = [
    f"{name} = fail:x\n"
    for name in (
        "mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains", "transport_maps",
        "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps", "relocated_maps",
    )
]  # fmt: skip
LISTS = """\
mydestination = !no.test, no.test, .dot.test, inline:{in.test=y}, !inline:{out.test=1}, out.test
relay_domains = inline:{x.test=y,.w.test=z}, .sub.test, !no.par.test, par.test
"""
LISTED_TEXT = """\
no.test a.dot.test in.test IN.test out.test x.test a.x.test a.w.test a.sub.test a.no.par.test q.par.test"""
LISTED = [("", f"u@{domain}") for domain in LISTED_TEXT.split()]
ONE_OF_EACH_CLASS = [("s@t", address) for address in ("a@b", "joe", "a@relay.test", "a@vmb.test", "a@valias.test")]

SETTINGS = [
    pytest.param("", [("", address) for address in ADDRESSES], id="default"),
    pytest.param(
        "allow_percent_hack = no\nswap_bangpath = no\nresolve_dequoted_address = no\n",
        [("", address) for address in ADDRESSES],
        id="plain-addresses",
    ),
    pytest.param(
        "resolve_null_domain = yes\nresolve_numeric_domain = yes\nmydestination = exam.test, local.test\n",
        [("", address) for address in ADDRESSES],
        id="lenient",
    ),
    pytest.param(MAPS, ROUTED, id="maps"),
    pytest.param(
        MAPS + "parent_domain_matches_subdomains = transport_maps\n", ROUTED, id="parents"
    ),
    pytest.param("transport_maps = inline:{*=x:star, t1.test=:}\n", ROUTED, id="wildcard"),
    pytest.param(SENDERS, BY_SENDER, id="senders"),
    pytest.param(LISTS, LISTED, id="lists"),
    *(
        pytest.param(text, ONE_OF_EACH_CLASS, id=text.partition(" ")[0])
        for text in FAILING
    ),
]  # fmt: skip

Reply = tuple[str, str, str, int]
Ask = Callable[[str, str], Reply]


def oracle(folder: Path) -> Ask:
    root = postfix_root()
    assert root is not None

    def ask(sender: str, address: str) -> Reply:
        request = f"request\0resolve\0sender\0{sender}\0address\0{address}\0\0".encode()
        done = subprocess.run(
            [str(root / "usr/lib/postfix/sbin/trivial-rewrite"), "-S", "-V"], input=request, capture_output=True,
            env={**environment(root), "MAIL_CONFIG": str(folder)}, check=True, timeout=60,
        )  # fmt: skip
        fields = done.stdout.decode().split("\0")
        return fields[3], fields[5], fields[7], int(fields[9])

    return ask


def ours(folder: Path) -> Ask:
    params = TrivialRewriteParams(MainCf.load(str(folder)))
    resolver = build_engine(params, make_context(), frozenset({"127.0.0.1"})).resolver

    def ask(sender: str, address: str) -> Reply:
        reply = asyncio.run(resolver.resolve(sender, address))
        return reply.transport, reply.nexthop, reply.recipient, reply.flags

    return ask


@pytest.mark.parametrize(("settings", "questions"), SETTINGS)
def test_the_answers_are_the_same(tmp_path: Path, settings: str, questions: list[tuple[str, str]]) -> None:
    text = MAIN_CF.format(folder=tmp_path, root=postfix_root()) + settings
    (tmp_path / "main.cf").write_text(text)
    ask_postfix, ask_us = oracle(tmp_path), ours(tmp_path)
    differences = [
        (question, mine, theirs)
        for question in questions
        if (mine := ask_us(*question)) != (theirs := ask_postfix(*question))
    ]
    assert not differences
