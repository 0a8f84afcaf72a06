from __future__ import annotations

import pytest

from pymail.log.events import master

#: Lines of a running Postfix 3.12 (golden/log.tsv), the tag left out.
GOLDEN = [
    (master.started("3.12-20260821", "DIR/etc"), "daemon started -- version 3.12-20260821, configuration DIR/etc"),
    (master.reload("3.12-20260821", "DIR/etc"), "reload -- version 3.12-20260821, configuration DIR/etc"),
    (master.killed("DIR/libexec/crashy", 14897, 11), "process DIR/libexec/crashy pid 14897 killed by signal 11"),
    (master.exited("DIR/libexec/smtpd", 14720, 1), "process DIR/libexec/smtpd pid 14720 exit status 1"),
    (master.throttled("DIR/libexec/smtpd"), "DIR/libexec/smtpd: bad command startup -- throttling"),
    (master.running(14446), "the Postfix mail system is running: PID: 14446"),
    (master.terminating(15), "terminating on signal 15"),
    (
        master.at_limit("smtp", "25", 100)[0],
        'service "smtp" (25) has reached its process limit "100": new clients may experience noticeable delays',
    ),
    (master.fork_failed("Cannot allocate memory"), "master_spawn: fork: Cannot allocate memory -- throttling"),
    (master.stopped("DIR/libexec/smtpd", 7, 19), "process DIR/libexec/smtpd pid 7 stopped by signal 19"),
    (master.wrong_generation(5, 6), "ignoring status update from child pid 5 generation 6"),
    (
        master.partial_status("private/x", "unix", 5, 3),
        "service private/x(unix): child (pid 5) sent partial status update (3 bytes)",
    ),
    (master.ignored_change("inet_interfaces", "a", "b")[1], 'old value: "a", new value: "b"'),
]


@pytest.mark.parametrize(("line", "expected"), GOLDEN, ids=[expected.split("(")[0][:40] for _line, expected in GOLDEN])
def test_a_line_is_postfixs(line: str, expected: str) -> None:
    assert line == expected
