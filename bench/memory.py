"""Memory of an idle instance, and of 1,000 idle SMTP sessions: PSS of the master and all its daemons, in MiB.

`python -m bench.memory [sessions]`; one message has gone to each destination, so that every daemon runs.
"""

from __future__ import annotations

import resource
import smtplib
import socket
import sys
from pathlib import Path

from bench.relay import processes
from tests.support.instance import Instance, running, scratch_folder
from tests.support.sink import smtp_sink


def pss(master: int) -> dict[str, float]:
    """Return the proportional set size of the processes by name, in MiB."""
    sizes: dict[str, float] = {}
    for pid, fields in processes(master).items():
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                sizes[fields[0]] = sizes.get(fields[0], 0.0) + int(line.split()[1]) / 1024
    return sizes


def main() -> int:
    """Print the table."""
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    resource.setrlimit(resource.RLIMIT_NOFILE, (sessions + 200, max(sessions + 200, 4096)))
    with smtp_sink() as sink, scratch_folder() as folder:
        settings = {"relayhost": f"[127.0.0.1]:{sink.port}", "default_process_limit": str(sessions + 100)}
        instance = Instance(folder, {**settings, "smtpd_client_connection_count_limit": "0"})
        with running(instance):
            with smtplib.SMTP("127.0.0.1", instance.port) as client:
                client.sendmail("root@mx.test", ["root@mx.test"], b"Subject: x\r\n\r\nx\r\n")
                client.sendmail("root@mx.test", ["u@far.test"], b"Subject: x\r\n\r\nx\r\n")
            instance.run("sendmail", "nosuchuser", stdin="Subject: x\n\nx\n")
            instance.run("mailq")
            instance.wait_empty()
            assert instance.master_pid is not None
            idle = pss(instance.master_pid)
            clients = [socket.create_connection(("127.0.0.1", instance.port)) for _ in range(sessions)]
            for client in clients:
                client.recv(200)
                client.sendall(b"EHLO client.test\r\n")
            for client in clients:
                client.recv(1000)
            loaded = pss(instance.master_pid)
            for client in clients:
                client.close()
    print(f"idle: {sum(idle.values()):.1f} MiB: " + ", ".join(f"{name} {size:.1f}" for name, size in idle.items()))
    print(f"{sessions} idle sessions: {sum(loaded.values()) - sum(idle.values()):.1f} MiB more")
    return 0


if __name__ == "__main__":
    sys.exit(main())
