"""The relay benchmark: ours beside the distribution's Postfix, in turn, in one run.

`python -m bench.relay [messages] [rounds]`: smtp-source sends, the system under test relays, smtp-sink swallows. Both
systems are private instances with `in_flow_delay = 0` and otherwise their defaults, both write durably, both log to
`maillog_file` through their own postlogd. Printed: messages per second (until the last one left the queue), and CPU
per message (user + system of the master and all of its descendants), with the ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support import oracle
from tests.support.instance import Instance, OracleInstance, free_port, running, scratch_folder
from tests.support.waiting import wait_for

CASES = {
    "a connection per message": [],
    "connections kept (-d)": ["-d"],
    "distinct recipients (-N)": ["-N"],
}
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Result:
    """One run: messages per second and microseconds of CPU per message, and where those went."""

    rate: float
    cpu: float
    shares: dict[str, float]


def processes(master: int) -> dict[int, list[str]]:
    """Return the stat fields of the master's session, by process id."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        name = text[text.index("(") + 1 : text.rindex(")")]
        fields = text[text.rindex(")") + 2 :].split()
        if int(fields[2]) == master or int(path.parent.name) == master:
            found[int(path.parent.name)] = [name, *fields]
    return found


def cpu_seconds(master: int) -> dict[str, float]:
    """Return the CPU time of the live processes by name; `gone` is what the master's reaped children used."""
    seconds: dict[str, float] = {}
    for pid, fields in processes(master).items():
        own = (int(fields[12]) + int(fields[13])) / TICKS
        seconds[fields[0]] = seconds.get(fields[0], 0.0) + own
        if pid == master:
            seconds["gone"] = (int(fields[14]) + int(fields[15])) / TICKS
    return seconds


def run_case(instance: Instance, options: list[str], messages: int) -> Result:
    """Send *messages* through *instance* and wait until its queue is empty."""
    master = instance.master_pid
    assert master is not None
    before = cpu_seconds(master)
    start = time.monotonic()
    root = oracle.postfix_root()
    assert root is not None
    subprocess.run(
        [str(root / "usr/sbin/smtp-source"), *options, "-s", "20", "-m", str(messages), "-l", "4096",
         "-f", "sender@source.test", "-t", "user@relay.test", f"127.0.0.1:{instance.port}"],
        env=oracle.environment(root), check=True, timeout=120,
    )  # fmt: skip
    wait_for("an empty queue", lambda: not instance.queue_files("incoming", "active", "deferred"), 120)
    elapsed = time.monotonic() - start
    after = cpu_seconds(master)
    names = sorted(set(before) | set(after))
    shares = {name: (after.get(name, 0) - before.get(name, 0)) * 1e6 / messages for name in names}
    return Result(messages / elapsed, sum(shares.values()), shares)


def main() -> int:
    """Run all cases for both systems in turn."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    root = oracle.postfix_root()
    if root is None:
        print("no Postfix is unpacked in build/postfix", file=sys.stderr)
        return 1
    sink_port = free_port()
    sink = subprocess.Popen(
        [str(root / "usr/sbin/smtp-sink"), "-u", "nobody", f"127.0.0.1:{sink_port}", "1000"],
        env=oracle.environment(root),
    )
    try:
        with scratch_folder() as one, scratch_folder() as other:
            settings = {"relayhost": f"[127.0.0.1]:{sink_port}"}
            systems = {"pymail": Instance(one, settings), "postfix": OracleInstance(other, settings)}
            only = os.environ.get("PYMAIL_BENCH_ONLY")
            if only:
                systems = {only: systems[only]}
            with running(*systems.values()):
                measure(systems, messages, rounds)
    finally:
        sink.terminate()
        sink.wait()
    return 0


def measure(systems: dict[str, Instance], messages: int, rounds: int) -> None:
    """Print a table."""
    for instance in systems.values():
        run_case(instance, [], 200)
    print(f"{messages} messages of 4096 octets, 20 sessions, {rounds} rounds; the median is shown")
    print(f"{'case':28} {'system':8} {'msg/s':>8} {'us CPU/msg':>11}")
    for case, options in CASES.items():
        results: dict[str, list[Result]] = {name: [] for name in systems}
        for _ in range(rounds):
            for name, instance in systems.items():
                results[name].append(run_case(instance, options, messages))
        rates = {name: statistics.median(result.rate for result in runs) for name, runs in results.items()}
        costs = {name: statistics.median(result.cpu for result in runs) for name, runs in results.items()}
        for name in systems:
            print(f"{case:28} {name:8} {rates[name]:8.0f} {costs[name]:11.0f}")
        if len(systems) == 2:
            print(
                f"{'':28} {'ratio':8} {rates['pymail'] / rates['postfix']:8.2f} "
                f"{costs['pymail'] / costs['postfix']:11.2f}"
            )
        if "pymail" in results:
            shares = results["pymail"][-1].shares
            print(" " * 29 + ", ".join(f"{name} {value:.0f}" for name, value in shares.items() if value >= 1))


if __name__ == "__main__":
    sys.exit(main())
