"""sendmail, postcat, postqueue and postsuper beside the distribution's, on the same input and the same queue."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pymail.proto.record import encode_all
from tests.support.instance import Instance, OracleInstance, prepare_queue, scratch_folder
from tests.support.oracle import needs_postfix, needs_root

pytestmark = [needs_postfix, needs_root]

GOLDEN = Path(__file__).parents[1] / "golden/queue"

#: Name, arguments of sendmail, standard input.
MESSAGES = [
    (
        "plain",
        ["-i", "-f", "A B <alice@x.test>", "-F", "Full", "bob", '"a b"@c.d, e f'],
        b"Subject: x\n\nbody\n.\nmore",
    ),
    ("from-lines", ["bob"], b"From x Mon\n>From y\nTo: a@b\nX : y\n\n>From z\n.\nmore"),
    ("crlf", ["bob"], b"To: a@b\r\n\r\nx\r\r\n.\r\nxx"),
    ("crlf-dot-kept", ["-oi", "bob"], b"To: a@b\r\n\r\n.\r\nxx\r"),
    ("empty", ["bob"], b""),
    ("nul-and-8bit", ["-B8BITMIME", "bob"], b"a\0b\xff\n\xc3\xbc\n"),
    ("dsn", ["-N", "success,delay", "-V", "a+20b", "-R", "hdrs", "c1", "c2"], b"x\n"),
    ("never", ["-N", "NEVER", "-Rfull", "c1"], b"x\n"),
    ("verp", ["-XV", "c1"], b"x\n"),
    ("verp-chars", ["-XV-=", "c1"], b"x\n"),
    ("verify", ["-bv", "c1", "d@e"], b""),
    ("record", ["-v", "c1"], b"x\n"),
    ("gateway", ["-G", "-f", "", "-F", "", "c1"], b"x\n"),
    ("null-sender", ["-f", "<>", "c1"], b"x\n"),
    ("two-senders", ["-f", "a,b", "c1"], b"x\n"),
    ("empty-recipient", ["", "<>", "(c)", "d@e"], b"x\n"),
    ("odd-recipients", ["a!b", "c%d@e", "<@x:y@z>", "g: h, i;", "j@[1.2.3.4]", "b\nc", "ü@x"], b"x\n"),
    (
        "ignored",
        ["-Am", "-L", "x", "-m", "-U", "-h3", "-om", "-oem", "-em", "-px", "-O", "a=b", "-x", "c1"],
        b"x\n",
    ),
    ("options-end", ["--", "-f", "x"], b"x\n"),
    ("options-end-at-argument", ["c1", "-f", "x"], b"x\n"),
    *((f"length-{size}", ["c1"], b"x" * size + b"\r\ny\n") for size in (2046, 2047, 2048, 2049, 4095, 4096, 4097)),
    *((f"open-{size}", ["c1"], b"x" * size) for size in (1, 2047, 2048, 2049)),
    ("t-simple", ["-t"], b'To: a@b, (c) "J D" <j.d@x>, "q r"@z;\nBcc : y\n  z\n\nbody\n'),
    ("t-no-separator", ["-t", "c1"], b"To: a@b\nfrom nowhere\nTo: c\n\n.\nx"),
    ("t-body-only", ["-t", "c1"], b"\nTo: a@b\n"),
    ("t-leading-blank", ["-t", "c1"], b" To: a@b\n"),
    ("t-resent", ["-t"], b"Resent-To: a@b, c@d\nTo: x@z\nResent-Bcc: q@r\nCc: o\n"),
    ("t-resent-from", ["-t", "-XV", "c"], b"To: a@b\nResent-From: x\n\n x\r\r\nab\r\n"),
    ("t-notify", ["-t", "-Nsuccess", "c"], b"To: a@b,c\n\nx\n"),
    ("t-open-body", ["-t"], b"To: a@b\nSubject: b\n\nnoeol"),
    ("t-open-header", ["-t"], b"To: a@b\nSubject: b"),
    ("t-from-lines", ["-t"], b"From x\nTo: a@b\n>From z\n"),
    ("t-dot-in-header", ["-t"], b"To: a@b\n.\nCc: c@d\n"),
    ("t-odd-addresses", ["-t"], b'To: a@b\r\n c@d,"foo\n  bar"@baz, <@x:y@z>, q!u, undisclosed: ;\n'),
    ("t-long-header", ["-t"], b"To: a\nSubject: " + b"x" * 3000 + b"\n z\nfoo\n"),
    ("t-long-header-crlf", ["-t"], b"To: a\r\nSubject: " + b"x" * 3000 + b"\r\n z\r\nfoo\r\n"),
    ("t-long-open-body", ["-t", "a"], b"x" * 5000),
    ("long-lines-crlf", ["a"], b"x" * 4095 + b"\r\n" + b"y" * 70000 + b"\r\nz"),
    ("t-long-body-line", ["-t"], b"To: a\n\n" + b"x" * 2047 + b"\r\nfoo\n"),
    ("t-open-long-body-line", ["-t"], b"To: a\n\n" + b"x" * 2048),
    ("t-long-line-after-header", ["-t"], b"To: a\n" + b"x" * 2048 + b"\nfoo\n"),
]

#: Command lines that fail, with what is left out of the comparison.
FAILURES = [
    [],
    ["-t"],
    ["-bz"],
    ["-qS"],
    ["-qI"],
    ["-qR"],
    ["-bd", "x"],
    ["-bi", "x"],
    ["-bp", "x"],
    ["-bs", "x"],
    ["-I", "x"],
    ["-oA"],
    ["-t", "-bv", "x"],
    ["-v", "-bv", "x"],
    ["-Nnever", "-bv", "x"],
    ["-bp", "-t"],
    ["-B", "foo", "x"],
    ["-XVa", "x"],
    ["-Xlog", "x"],
    ["-XV", "-f", "", "x"],
    ["-N", "never,success", "-R", "x", "-V", "a b", "-bd", "x"],
    ["-C", "/nonexistent", "x"],
]


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Instance, OracleInstance]]:
    """Both systems, stopped, with empty queues."""
    with scratch_folder() as folder:
        (folder / "ours").mkdir()
        (folder / "theirs").mkdir()
        exported = {"export_environment": "TZ MAIL_CONFIG LANG LD_LIBRARY_PATH"}
        ours, theirs = Instance(folder / "ours"), OracleInstance(folder / "theirs", exported)
        for instance in (ours, theirs):
            prepare_queue(instance.queue)
            instance.log_file.touch()
            shutil.chown(instance.log_file, "postfix")
        yield ours, theirs


def run(instance: Instance, name: str, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**instance.environment, "TZ": "UTC"}
    return subprocess.run(
        instance.command(name, *arguments), env=environment, input=stdin, capture_output=True, timeout=60, check=False
    )


def said(done: subprocess.CompletedProcess[bytes], instance: Instance) -> list[str]:
    """Return what a command said on standard error, without the names of folders and programs."""
    text = done.stderr.decode("utf-8", "surrogateescape").replace(str(instance.folder), "DIR")
    lines = [re.sub(r"\S+/(?=post)", "", line) for line in text.splitlines()]
    skipped = ("look up public/pickup", "logfile", "stream_cleanup")
    return [line for line in lines if not any(part in line for part in skipped)]


def submitted(instance: Instance) -> list[bytes]:
    """Return the files of the maildrop without the time of arrival, and remove them."""
    found = []
    for path in (instance.queue / "maildrop").iterdir():
        octets = path.read_bytes()
        assert path.stat().st_mode & 0o7777 == 0o744
        assert octets[:1] == b"T"
        found.append(octets[2 + octets[1] :])
        path.unlink()
    return found


@pytest.mark.parametrize(("arguments", "message"), [pytest.param(*row[1:], id=row[0]) for row in MESSAGES])
def test_sendmail_writes_the_same_file(
    pair: tuple[Instance, OracleInstance], arguments: list[str], message: bytes
) -> None:
    ours, theirs = pair
    mine, other = (run(each, "sendmail", *arguments, stdin=message) for each in pair)
    assert (mine.returncode, mine.stdout, said(mine, ours)) == (other.returncode, other.stdout, said(other, theirs))
    files = submitted(ours)
    assert files == submitted(theirs)
    assert len(files) == 1


@pytest.mark.parametrize("arguments", FAILURES, ids=" ".join)
def test_sendmail_fails_in_the_same_words(pair: tuple[Instance, OracleInstance], arguments: list[str]) -> None:
    ours, theirs = pair
    mine, other = (run(each, "sendmail", *arguments, stdin=b"Subject: x\n\n") for each in pair)
    assert (mine.returncode, said(mine, ours)) == (other.returncode, said(other, theirs))
    assert submitted(ours) == submitted(theirs) == []


def test_a_message_over_the_limit_leaves_nothing(pair: tuple[Instance, OracleInstance]) -> None:
    done = run(pair[0], "sendmail", "x", stdin=b"x" * 78 + b"\n" + b"y" * 10_300_000)
    assert done.returncode == 75
    assert said(done, pair[0])[-1] == "sendmail: fatal: root(0): message file too big"
    assert submitted(pair[0]) == []


# -- postcat

T = ("T", b"1795241155 1")
TAIL = (("M", b""), ("N", b"x"), ("X", b""), ("E", b""))
#: Files that no mail system writes, as records.
ODD_FILES = {
    "empty": (),
    "bad-size": (("C", b"foo"), T, *TAIL),
    "short-size": (("C", b"            123"), T, *TAIL),
    "two-sizes": (*2 * (("C", b"            123             45               1"),), T, *TAIL),
    "attributes": (T, ("A", b"foo"), ("A", b"=x"), ("A", b" a = b "), ("A", b"x="), ("A", b"create_time=x"), *TAIL),
    "all-types": (
        T,
        *((letter, b"12") for letter in "oni<VFWK>LIfdOD/SRcZ"),
        ("W", b"             -1"),
        ("M", b""),
        ("N", b"x"),
        ("?", b"zz"),
        ("X", b""),
        *((letter, b"12") for letter in "LreP"),
        ("E", b""),
    ),
    "no-content": (T, ("X", b""), ("E", b"")),
    "no-extracted": (T, ("M", b""), ("E", b"")),
    "content-twice": (T, ("M", b""), *TAIL),
    "extracted-twice": (T, *TAIL[:-1], *TAIL[2:]),
    "no-end": (T, *TAIL[:-1]),
    "behind-end": (T, *TAIL, ("N", b"foo")),
    "other-start": (("Z", b"q"), T, *TAIL),
    "pieces": (T, ("M", b""), ("L", b"abc"), ("L", b"def"), ("N", b"g"), ("N", b"To: x"), ("L", b"a"), *TAIL[2:]),
    "header": (T, ("M", b""), ("N", b"A: x"), ("N", b" y"), ("N", b"To x"), ("N", b"C: d"), *TAIL[1:]),
    "times": (("T", b"xyz"), ("T", b"1795241155"), *TAIL),
    "bad-pointer": (T, ("p", b"xx"), *TAIL),
    "bad-record": (T, ("M", b""), ("N", b"x" * 20)),
}  # fmt: skip
CAT_OPTIONS = (
    "",
    "-d",
    "-o",
    "-e",
    "-h",
    "-b",
    "-eh",
    "-hb",
    "-eb",
    "-do",
    "-r",
    "-s19",
    "-s21",
    "-s21 -h",
    "-s786 -o",
)


@pytest.fixture(scope="module")
def odd_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    for name, records in ODD_FILES.items():
        (folder / name).write_bytes(encode_all((ord(letter), data) for letter, data in records))
    octets = (folder / "bad-record").read_bytes()
    (folder / "bad-record").write_bytes(octets[:-5])
    (folder / "junk").write_bytes(b"hello world\n")
    return folder


GOLDEN_FILES = [path for path in sorted(GOLDEN.iterdir()) if not re.search(r"defer\.|bounce|trace", path.name)]


def cat_both(pair: tuple[Instance, OracleInstance], *arguments: str) -> None:
    mine, other = (run(each, "postcat", *arguments) for each in pair)
    theirs = [line for line in said(other, pair[1]) if "name_mask" not in line and "inet_addr" not in line]
    assert mine.stdout == other.stdout
    assert (mine.returncode, said(mine, pair[0])) == (other.returncode, theirs)


def says_nothing_new(path: Path, options: str) -> bool:
    """The offsets are inside a record of these files; a few of the plain ones show all record names."""
    return options == "-vr" or "-s" in options or (options in ("-v", "-vo", "-bv", "-hv") and path.name < "16")


REAL_CASES = [
    pytest.param(path, options, id=f"{path.name[:9]}{options}")
    for path in GOLDEN_FILES
    for options in (*CAT_OPTIONS, "-v", "-vo", "-vr", "-bv", "-hv")
    if not says_nothing_new(path, options)
]


def is_comparable(name: str, options: str) -> bool:
    """Postfix skips parts by the size record, which is wrong in some files; an offset may be inside a record."""
    if "size" in name:
        return options in ("", "-d", "-o", "-do", "-r", "-rv")
    return not (name == "all-types" and "s" in options)


ODD_CASES = [
    pytest.param(name, options, id=f"{name}{options}")
    for name in (*ODD_FILES, "junk")
    for options in (*CAT_OPTIONS, "-rv")
    if is_comparable(name, options)
]


@pytest.mark.parametrize(("path", "options"), REAL_CASES)
def test_postcat_shows_real_files_alike(pair: tuple[Instance, OracleInstance], path: Path, options: str) -> None:
    cat_both(pair, *options.split(), str(path))


@pytest.mark.parametrize(("name", "options"), ODD_CASES)
def test_postcat_shows_odd_files_alike(
    pair: tuple[Instance, OracleInstance], odd_files: Path, name: str, options: str
) -> None:
    cat_both(pair, *options.split(), str(odd_files / name))


@pytest.mark.parametrize("arguments", ["-q nosuch", "-q a/b", "/nonexistent", "-s x y", "-z", "-q"])
def test_postcat_fails_in_the_same_words(pair: tuple[Instance, OracleInstance], arguments: str) -> None:
    cat_both(pair, *arguments.split())


# -- a queue of real files, for postqueue and postsuper

QUEUE_FILES = {
    "active/7817E5421FB": ("02-slow.active.7817E5421FB", 0o700),
    "bounce/7817E5421FB": ("03-slow.bounce.7817E5421FB", 0o600),
    "defer/7/7817E5421FB": ("04-slow.defer.7817E5421FB", 0o600),
    "trace/7817E5421FB": ("05-slow.trace.7817E5421FB", 0o600),
    "active/460C95402DE": ("06-active.active.460C95402DE", 0o710),
    "deferred/0/01876540231": ("09-deferred.deferred.01876540231", 0o710),
    "defer/0/01876540231": ("07-deferred.defer.01876540231", 0o600),
    "deferred/9/9C2F854030E": ("13-dsnpar.deferred.9C2F854030E", 0o700),
    "defer/9/9C2F854030E": ("12-dsnpar.defer.9C2F854030E", 0o600),
    "deferred/E/E934A540211": ("21-twodef.deferred.E934A540211", 0o700),
    "defer/E/E934A540211": ("20-twodef.defer.E934A540211", 0o600),
    "hold/13F8154030A": ("16-hold.hold.13F8154030A", 0o700),
    "hold/B984554030F": ("18-milter.hold.B984554030F", 0o710),
    "incoming/4047F542214": ("01-incoming.incoming.4047F542214", 0o700),
    "maildrop/18BD254031C": ("17-maildrop.maildrop.18BD254031C", 0o744),
    "incoming/unfinished": ("01-incoming.incoming.4047F542214", 0o600),
    "incoming/12.34": ("01-incoming.incoming.4047F542214", 0o600),
}


def fill_queue(instance: Instance) -> None:
    """Empty the queue and put the files of QUEUE_FILES into it."""
    for queue_name in ("maildrop", "incoming", "active", "deferred", "hold", "bounce", "defer", "trace"):
        folder = instance.queue / queue_name
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for name, (source, mode) in QUEUE_FILES.items():
        path = instance.queue / name
        path.parent.mkdir(exist_ok=True)
        shutil.chown(path.parent, "postfix")
        shutil.copy(GOLDEN / source, path)
        path.chmod(mode)
        shutil.chown(path, "postfix")


def queue_state(instance: Instance) -> list[tuple[str, int]]:
    """Return name and mode of all files in the queue, but for trace logs, which `postsuper -d ALL` of 3.7 forgets."""
    found = (path for path in instance.queue.rglob("*") if path.is_file() and path.parent.name != "trace")
    return sorted((str(path.relative_to(instance.queue)), path.stat().st_mode & 0o7777) for path in found)


def paragraphs(output: bytes) -> list[str]:
    """Return the messages of a listing without those lines that only 3.12 has (bounced recipients)."""
    text = re.sub(r"\(host \S+ said: 550 .*\)\n +\S+\n", "", output.decode())
    return sorted(text.split("\n\n"))


@pytest.mark.parametrize("long_ids", ["no", "yes"])
def test_postqueue_lists_the_same_queue(pair: tuple[Instance, OracleInstance], long_ids: str) -> None:
    for each in pair:
        fill_queue(each)
        each.settings["enable_long_queue_ids"] = long_ids
        each.configure()
    mine, other = (run(each, "postqueue", "-p") for each in pair)
    assert (mine.returncode, said(mine, pair[0])) == (other.returncode, said(other, pair[1]))
    # The first paragraph has the title above it, wherever the file system puts which message.
    assert paragraphs(mine.stdout) == paragraphs(other.stdout)


def test_postqueue_lists_the_same_queue_as_json(pair: tuple[Instance, OracleInstance]) -> None:
    for each in pair:
        fill_queue(each)
    mine, other = (run(each, "postqueue", "-j").stdout.decode() for each in pair)
    mine = re.sub(r'"orig_address": "[^"]*", ', "", mine)
    mine = re.sub(r'\{"address": "[^"]*", "bounce_reason": "[^"]*"\}, ', "", mine)
    assert sorted(mine.splitlines()) == sorted(other.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "-z",
        "-f",
        "-i x/y",
        "-i 123",
        "-s foo..bar",
        "-s foo",
        "-s [1.2.3.4]",
        "-p x",
        "-p -j",
        "-c /nonexistent -p",
    ],
)
def test_postqueue_fails_in_the_same_words(pair: tuple[Instance, OracleInstance], arguments: str) -> None:
    mine, other = (run(each, "postqueue", *arguments.split()) for each in pair)
    assert (mine.returncode, said(mine, pair[0])) == (other.returncode, said(other, pair[1]))


@pytest.mark.parametrize(
    "arguments",
    [
        "-d 01876540231 -d nosuch",
        "-d ALL",
        "-d all",
        "-d x/y",
        "-d 01876540231 hold",
        "-d -",
        "-d unfinished",
        "-h 01876540231 -h 460C95402DE -h 13F8154030A",
        "-h ALL",
        "-h ALL hold",
        "-H ALL",
        "-H B984554030F -H 01876540231",
        "-r 18BD254031C -r B984554030F",
        "-r ALL",
        "-r ALL maildrop",
        "-r 460C95402DE -d 460C95402DE",
        "-e ALL",
        "-e 460C95402DE -e 13F8154030A",
        "-f ALL",
        "-f B984554030F -f 13F8154030A -f 460C95402DE -f 9C2F854030E",
        "-h 123 -d 01876540231 -r 9C2F854030E",
        "-p",
        "-d ALL corrupt",
        "-z",
        "-c etc -p",
    ],
)
def test_postsuper_does_and_says_the_same(pair: tuple[Instance, OracleInstance], arguments: str) -> None:
    for each in pair:
        fill_queue(each)
    ids = b"01876540231\n 9C2F854030E\n"
    mine, other = (run(each, "postsuper", *arguments.split(), stdin=ids) for each in pair)
    assert (mine.returncode, said(mine, pair[0])) == (other.returncode, said(other, pair[1]))
    assert queue_state(pair[0]) == queue_state(pair[1])


@pytest.mark.parametrize("arguments", ["", "-s", "-S", "-v -s"])
def test_postsuper_repairs_alike(pair: tuple[Instance, OracleInstance], arguments: str) -> None:
    states = []
    for each in pair:
        fill_queue(each)
        os.utime(each.queue / "incoming/12.34", (0, 0))
        wrong = each.queue / "deferred/A"
        wrong.mkdir()
        shutil.copy(GOLDEN / "21-twodef.deferred.E934A540211", wrong / "B1234540211")
        (wrong / "B1234540211").chmod(0o700)
        (each.queue / "hold/Q").mkdir()
        for path in (wrong, wrong / "B1234540211", each.queue / "hold/Q"):
            shutil.chown(path, "postfix")
        done = run(each, "postsuper", *arguments.split())
        heard = [line for line in said(done, each) if re.search(r"fatal|Renamed|CHANGED|bogus", line)]
        state = []
        for name, mode in queue_state(each):
            inode = f"{(each.queue / name).stat().st_ino:X}"
            state.append((name.replace(inode, "INODE"), mode))
        logs = [(re.sub(r"(.{5})[^/]*$", r"\1", name), mode) for name, mode in state if re.match("bounce|defer/", name)]
        files = [(name, mode) for name, mode in state if not re.match("bounce|defer/", name)]
        states.append((done.returncode, set(heard), sorted(logs), sorted(files), (each.queue / "hold/Q").exists()))
    assert states[0] == states[1]
