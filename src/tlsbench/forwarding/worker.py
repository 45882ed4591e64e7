"""The process that runs the lines: ``python -m tlsbench.forwarding.worker``.

It reads its request as one line of JSON, opens a device where it was started and others in a namespace of
its own, writes ``{"ready": true}``, and carries packets until its input ends; its last line has ``"done"``.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import sys
import time
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from tlsbench.errors import TlsbenchError
from tlsbench.forwarding.conditions import network_of
from tlsbench.forwarding.detour import LineTo
from tlsbench.forwarding.devices import enter_new_namespace, open_device
from tlsbench.forwarding.forwarder import Forwarder, Route
from tlsbench.links.network import Line


def _write(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _route(line: LineTo, there: Mapping[bytes, int], seeds: random.Random) -> Route:
    address = ip_address(line.address).packed
    out, back = (Line(network_of(line.conditions), random.Random(seeds.random())) for _ in range(2))  # noqa: S311
    return Route(there[address], address, line.port, out, back)


def main() -> None:
    """Run lines over standard input and output."""
    request = json.loads(sys.stdin.readline())
    client, server = request["client"], request["server"]
    lines = [LineTo(**line) for line in request["lines"]]
    addresses = dict.fromkeys(ip_address(line.address) for line in lines)
    try:
        here = open_device(server, client, carries_loopback=any(one.is_loopback for one in addresses))
        enter_new_namespace()
        there = {
            one.packed: open_device(client, str(one), carries_loopback=one.is_loopback) for one in addresses
        }
    except TlsbenchError as error:
        _write({"error": str(error), "exit_code": error.exit_code})
        return
    with contextlib.suppress(OSError):  # otherwise others on its processor would delay it
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    gc.disable()
    seeds = random.Random(request["seed"])  # noqa: S311 - drawn to be repeated, not to be secret
    forwarder = Forwarder(here, [_route(line, there, seeds) for line in lines])
    _write({"ready": True})
    began_s, spent_s = time.monotonic(), time.process_time()
    forwarder.run(sys.stdin.fileno())
    _write(
        {
            "done": True,
            "lines": [
                {
                    "packets": one.packets,
                    "lost": one.lost,
                    "late_p50_ms": one.late_ns.get_value_at_percentile(50) / 1e6,
                    "late_p99_ms": one.late_ns.get_value_at_percentile(99) / 1e6,
                }
                for one in forwarder.carried
            ],
            "busy": (time.process_time() - spent_s) / (time.monotonic() - began_s),
        }
    )


if __name__ == "__main__":
    main()
