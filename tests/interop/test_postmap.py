"""Our postmap and postalias beside Postfix's: the same answers and warnings, and each reads the other's tables.

Needs an unpacked Postfix with its lmdb module (`tests/support/oracle.py`), and liblmdb where its programs find it. What
3.12 says in other words than 3.7 is not compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.oracle import environment, needs_postfix, needs_root, postfix_root

pytestmark = [needs_postfix, needs_root]

ROOT = Path(__file__).parents[2]

MAIN_CF = """\
compatibility_level = 3.6
default_database_type = lmdb
mail_owner = daemon
setgid_group = mail
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
queue_directory = {folder}
data_directory = {folder}
"""
ORACLE_CF = """\
shlib_directory = {root}/usr/lib/postfix
daemon_directory = {root}/usr/lib/postfix/sbin
meta_directory = {folder}
"""


@dataclass(frozen=True)
class Result:
    """What a command said."""

    status: int
    out: bytes
    errors: list[str]


@dataclass(frozen=True)
class Pair:
    """Both systems, with one configuration, in one folder."""

    folder: Path

    def ours(self, name: str, *arguments: str, stdin: bytes = b"") -> Result:
        command = [sys.executable, "-m", f"pymail.commands.{name}", *arguments]
        return self._run(command, {**os.environ, "PYTHONPATH": str(ROOT)}, "etc", stdin)

    def theirs(self, name: str, *arguments: str, stdin: bytes = b"") -> Result:
        root = postfix_root()
        assert root is not None
        return self._run([str(root / "usr/sbin" / name), *arguments], environment(root), "oracle", stdin)

    def _run(self, command: list[str], env: dict[str, str], config: str, stdin: bytes) -> Result:
        done = subprocess.run(
            command, env={**env, "MAIL_CONFIG": str(self.folder / config)}, cwd=self.folder, input=stdin,
            capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        return Result(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").splitlines())

    def agree(self, name: str, *arguments: str, stdin: bytes = b"") -> Result:
        """Run both and compare everything; return what they said.

        Postfix reads a source that was just written several times, and says everything as often.
        """
        theirs = self.theirs(name, *arguments, stdin=stdin)
        ours = self.ours(name, *arguments, stdin=stdin)
        assert (ours.status, ours.out, set(ours.errors)) == (theirs.status, theirs.out, set(theirs.errors))
        return ours


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    root = postfix_root()
    assert root is not None
    for name, text in (("etc", MAIN_CF), ("oracle", MAIN_CF + ORACLE_CF)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.cf").write_text(text.format(folder=tmp_path, root=root))
    (tmp_path / "dynamicmaps.cf").write_text("lmdb\tpostfix-lmdb.so\tdict_lmdb_open\tmkmap_lmdb_open\n")
    both = Pair(tmp_path)
    (tmp_path / "probe").write_text("a b\n")
    probe = both.theirs("postmap", "lmdb:probe")
    assert probe.status == 0, probe.errors
    yield both


SOURCE = b"""\
  lead x and a very long text that will be cut somewhere
# c
k v1
# comment
   v2  \x20

\tv3
"a b"@c d
"un e
noval
x: y
x: z
k2\tval\0nul
\xff\xfe bad
k3 v\xff
"q"x r
"a@b"@c r
Dup 1
dup 2
"a\\"b" v9
k4 {x}
e@x "a b"\x20
@ q
caf\xc3\x89 \xc3\xa9
"""

ALIASES = b"""\
a: b
"a b": c, "|x y", :include:/x y
b c: d
f (comment): "a  b" <x@y>, y (c)
Dup: 1
dup: 2
x: y z@w , "|/bin/sh -c \\"x\\""\x20
k:v
root: a,b,
   c
m\\ n: f
"|x": t
b: Foo Bar <foo@bar>
g: x:y@z;
gg: grp: a,b;
"""

REGEXPS = r"""/^a(b)?c$/ r $1 ${1} $(1) $$ x
/y/!/z/ yes not z
if /q/
/q1/ one
  /q2/ two
if !/r/
/q/ qnotr
endif
endif extra
endif
/nodelim foo
/a/q foo
/a/ $2
!/a/ $1
/(a)/ $
/(a)/ a$ b
/(a)/ ${1
/(a)/ ${1?x}
foo bar
/empty/
| alt |  pipe
/m/mi  m
/(a)(b)/ ${10}
/a\/b/x  slash
/^[[:digit:]]+$/ digits
/last/ $$1
!!/dd/ double
/pp/text
!/[0-9xyz]/ negated
"""

CIDRS = """1.2.3.4 a
1.2.3.0/24 b
if 10.0.0.0/8
10.1.0.0/16 ten1
!10.2.0.0/16 not102
endif
if !11.0.0.0/8
12.0.0.0/8 twelve
endif
[2001:db8::1] six
[2001:db8::]/32 six32
2001:db9::/32 nine
1.2.3.4/33 x
1.2.3 x
1.2.3.4/x y
foo bar
1.2.3.4
2.3.4.5/24 v
[1.2.3.4 x
[1.2.3.4]foo x
[1.2.3.4]/ x
if
if foo
if 1.0.0.0/8 text
5.0.0.0/8   spaces  here
! x
7.0.0.0/0 x
::ffff:9.9.9.9 mapped
! 6.0.0.0/8 rest
"""


def dump(result: Result) -> list[bytes]:
    """The listed entries, without those that only older releases make."""
    return [line for line in result.out.splitlines() if not line.startswith((b"YP_", b"@:"))]


@pytest.mark.parametrize("option", [[], ["-N"], ["-n"], ["-f"], ["-u"], ["-r"], ["-w"]], ids=" ".join)
def test_tables_are_read_by_both(pair: Pair, option: list[str]) -> None:
    (pair.folder / "ours").write_bytes(SOURCE)
    (pair.folder / "theirs").write_bytes(SOURCE)
    ours = pair.ours("postmap", *option, "lmdb:ours")
    theirs = pair.theirs("postmap", *option, "lmdb:theirs")
    assert ours.status == theirs.status == 0
    assert sorted(ours.errors) == sorted(line.replace("theirs", "ours") for line in theirs.errors)
    listed = pair.theirs("postmap", "-s", "lmdb:theirs")
    for name in ("ours", "theirs"):
        assert pair.ours("postmap", "-s", f"lmdb:{name}").out == listed.out
        assert pair.theirs("postmap", "-s", f"lmdb:{name}").out == listed.out
    for key in (b"k", b"K", b"dup", b'"a b"@c', b"x:", "café".encode(), "cafÉ".encode(), b"zz"):
        for name in ("ours", "theirs"):
            pair.agree("postmap", *option, "-q", os.fsdecode(key), f"lmdb:{name}")


def test_alias_databases_are_read_by_both(pair: Pair) -> None:
    (pair.folder / "ours").write_bytes(ALIASES)
    (pair.folder / "theirs").write_bytes(ALIASES)
    ours, theirs = pair.ours("postalias", "lmdb:ours"), pair.theirs("postalias", "lmdb:theirs")
    assert ours.errors == [line.replace("theirs", "ours") for line in theirs.errors]
    expected = dump(pair.theirs("postalias", "-s", "lmdb:theirs"))
    assert dump(pair.ours("postalias", "-s", "lmdb:theirs")) == expected
    assert dump(pair.theirs("postalias", "-s", "lmdb:ours")) == expected
    for key in ("a b", "ROOT", "f (comment)", "|x", "m n", "none"):
        for name in ("ours", "theirs"):
            pair.agree("postalias", "-q", key, f"lmdb:{name}")
    pair.agree("postalias", "-q", "-", "lmdb:ours", stdin=b"a\nb c\nnone\n")


def test_entries_are_added_and_removed_by_both(pair: Pair) -> None:
    for name in ("ours", "theirs"):
        (pair.folder / name).write_bytes(SOURCE)
        pair.theirs("postmap", f"lmdb:{name}")
    for run, name in ((pair.ours, "ours"), (pair.theirs, "theirs")):
        table = f"lmdb:{name}"
        assert run("postmap", "-i", table, stdin=b"new 1\nK 2\n").status == 0
        assert run("postmap", "-r", "-i", table, stdin=b"dup 3\n").status == 0
        assert run("postmap", "-d", "k2", table).status == 0
        assert run("postmap", "-d", "k2", table).status == 1
        assert run("postmap", "-d", "-", table, stdin=b"nothing\nx:\n").status == 0
    assert pair.theirs("postmap", "-s", "lmdb:ours").out == pair.theirs("postmap", "-s", "lmdb:theirs").out


def test_a_reader_of_theirs_sees_our_rebuild(pair: Pair) -> None:
    source = pair.folder / "t"
    for value in ("1", "2", "3"):
        source.write_text(f"a {value}\n" + "".join(f"k{value}{number} v\n" for number in range(500)))
        assert pair.ours("postmap", "lmdb:t").status == 0
        assert pair.theirs("postmap", "-q", "a", "lmdb:t").out == f"{value}\n".encode()


QUERIES = [
    *(("texthash:source", key) for key in ("k", "K", "dup", '"a b"@c', "zz")),
    *(("regexp:regexps", key) for key in
      ("ABC", "ac", "xyz", "yx", "yz", "q1x", "q2x", "qx", "qr", "M", "a/b", "123", "xlastx", "xddx", "x alt y", "xppx",
       "é", "empty")),
    *(("cidr:cidrs", key) for key in
      ("1.2.3.4", "1.2.3.5", "10.1.0.1", "10.2.3.4", "10.3.3.3", "11.0.0.1", "12.0.0.1", "2001:db8::1", "2001:DB8::2",
       "2001:db9::5", "99.9.9.9", "5.1.1.1", "x", "::ffff:9.9.9.9", "6.6.6.6", "01.2.3.4", "1.2.3.4/32")),
]  # fmt: skip


@pytest.mark.parametrize(("table", "key"), QUERIES, ids=[f"{table} {key}" for table, key in QUERIES])
def test_text_tables_give_the_same(pair: Pair, table: str, key: str) -> None:
    (pair.folder / "source").write_bytes(SOURCE)
    (pair.folder / "regexps").write_text(REGEXPS)
    (pair.folder / "cidrs").write_text(CIDRS)
    pair.agree("postmap", "-q", key, table)


NAMES = """\
inline:{a=b}|inline:{A=b}|inline:{ }|inline:{ {a = b c}, {d=e} f=g}|inline:{a}|inline:{ {a=b}x }|inline:a=b|inline:{a=b
inline:{a=b} x|inline:{ a = b }|inline:{a=}|inline:{{a  b}}|static:x|static:{ x y }|static:{x|static:{x} y|static:|:x
fail:x|environ:x|environ:|unix:passwd.byname|unix:x|x|xyz:x|lmdb:nofile|texthash:nofile|regexp:nofile|cidr:nofile
cidr:{{1.2.3.4/24 x}}|cidr:{1.2.3.0/24 x}|regexp:{{/a/ $0}, {/a/ b}}|regexp:{ {/(a)/ x$1y} }"""


@pytest.mark.parametrize("table", NAMES.replace("\n", "|").split("|"))
def test_tables_without_a_file_and_bad_names_are_the_same(pair: Pair, table: str) -> None:
    pair.agree("postmap", "-q", "a", table)


def test_a_message_is_looked_at_the_same_way(pair: Pair) -> None:
    message = b"Subject: a\n  b\nTo: x\nX-y: \xc3\xa9\n\nbody line\n\n--- subject: z\n"
    (pair.folder / "r").write_text("/^subject:/ S\n/^x/ X\n/^$/ E\n/body|---/ B\n")
    for options in (["-h"], ["-b"], ["-h", "-b"]):
        assert pair.agree("postmap", *options, "-q", "-", "regexp:r", stdin=message).status == 0


def test_values_that_are_files_are_the_same(pair: Pair) -> None:
    (pair.folder / "f1").write_text("data1\n")
    (pair.folder / "f2").write_text("data2")
    (pair.folder / "ff").write_text("k f1, f2\n")
    pair.theirs("postmap", "-F", "lmdb:ff")
    pair.agree("postmap", "-F", "-q", "k", "lmdb:ff")
    pair.ours("postmap", "-F", "lmdb:ff")
    pair.agree("postmap", "-F", "-q", "k", "lmdb:ff")
    pair.agree("postmap", "-s", "lmdb:ff")
