"""The process of a line: ``python -m tlsbench.forwarding.worker``.

It reads what to make as a line of JSON, makes a device where it was started and one in a namespace of its
own, writes ``{"ready": true}``, and carries packets until its input ends; its last line has ``"done"``.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import sys
import time
from ipaddress import ip_address
from typing import Any

from tlsbench.errors import TlsbenchError
from tlsbench.forwarding.conditions import network_of
from tlsbench.forwarding.devices import enter_new_namespace, open_device
from tlsbench.forwarding.forwarder import Forwarder
from tlsbench.links.network import Line


def _write(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run a line over standard input and output."""
    request = json.loads(sys.stdin.readline())
    client, server, target = request["client"], request["server"], request["target"]
    is_loopback = ip_address(target).is_loopback
    try:
        here = open_device(server, client, carries_loopback=is_loopback)
        enter_new_namespace()
        there = open_device(client, target, carries_loopback=is_loopback)
    except TlsbenchError as error:
        _write({"error": str(error), "exit_code": error.exit_code})
        return
    with contextlib.suppress(OSError):  # else others on its processor would make it late
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    gc.disable()
    network = network_of(request["conditions"])
    seeds = random.Random(request["seed"])  # noqa: S311 - drawn to be repeated, not to be secret
    lines = Line(network, random.Random(seeds.random())), Line(network, random.Random(seeds.random()))  # noqa: S311
    forwarder = Forwarder((there, here), lines)
    _write({"ready": True})
    began_s, spent_s = time.monotonic(), time.process_time()
    forwarder.run(sys.stdin.fileno())
    _write(
        {
            "done": True,
            "packets": forwarder.packets,
            "lost": forwarder.lost,
            "late_p50_ms": forwarder.late_ns.get_value_at_percentile(50) / 1e6,
            "late_p99_ms": forwarder.late_ns.get_value_at_percentile(99) / 1e6,
            "busy": (time.process_time() - spent_s) / (time.monotonic() - began_s),
        }
    )


if __name__ == "__main__":
    main()
