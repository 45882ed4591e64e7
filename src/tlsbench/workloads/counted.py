"""A process whose instructions are counted: ``python -m tlsbench.workloads.counted``.

It reads one line of JSON, ``{"scenario": id, "samples": n, "peers": …, "side": ""}``, makes the cell, warms
it up and takes that many samples. Only these are collected, where that is possible on the architecture; with
a side, ``"client"`` or ``"server"``, only the calls of that side's library
(:mod:`tlsbench.workloads.collecting`). The keys come with the request, because making them takes a random
number of instructions. The last line that it writes holds the proof of the last sample, its number of
operations and its ledger.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import sys
from collections.abc import Mapping
from dataclasses import astuple, replace
from typing import Any

from tlsbench.errors import MeasurementError, TlsbenchError
from tlsbench.implementations.registry import ends_of, spellings
from tlsbench.links import NO_LEDGER
from tlsbench.pki import Peers
from tlsbench.scenarios import scenario_from_id
from tlsbench.workloads.collecting import CollectedContext, anew, toggle
from tlsbench.workloads.handshake import Handshake
from tlsbench.workloads.prepare import prepare
from tlsbench.workloads.primitive import Primitive
from tlsbench.workloads.sample import Workload

#: Enough for whatever is set up on first use: method tables, RSA blinding, the interpreter's caches.
_WARM_UP_SAMPLES = 5
#: The clock advances by this each time it is read, so that calibration by time always gives the same result.
_CLOCK_STEP_NS = 25_000


def run(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take the samples that a request specifies, and return the answer to write."""
    scenario = scenario_from_id(request["scenario"], spellings())
    peers = Peers.from_pem(request["peers"]) if request["peers"] else None
    clock = itertools.count(0, _CLOCK_STEP_NS)
    workload = prepare(scenario, ends_of(scenario), clock.__next__, peers)
    if isinstance(workload, Primitive):  # instructions are counted for the whole operation, calls included
        workload.operation = replace(workload.operation, around=None)
    for _ in range(_WARM_UP_SAMPLES):
        workload.sample()
    begin = end = _nothing
    if request.get("side"):
        _collect(workload, request["side"])
    else:
        # Start-up is most of what such a process executes, and some of it differs from process to process.
        with contextlib.suppress(MeasurementError):  # it is collected where that cannot be helped
            begin, end = anew(), toggle()
    operations, ledger = 1, NO_LEDGER
    begin()
    for _ in range(request["samples"]):
        sample = workload.sample()
        operations, ledger = sample.operations, sample.ledger
    end()
    return {"proof": dict(workload.proof()), "operations": operations, "ledger": astuple(ledger)}


def _nothing() -> None:
    pass


def _collect(workload: Workload, side: str) -> None:
    """From now on, collect the instructions that this side's library executes."""
    assert isinstance(workload, Handshake)
    if side == "client":
        workload.clients = CollectedContext(workload.clients, toggle())
    else:
        workload.servers = CollectedContext(workload.servers, toggle())


if __name__ == "__main__":
    gc.disable()
    try:
        print(json.dumps(run(json.loads(sys.stdin.readline()))))
    except TlsbenchError as error:
        raise SystemExit(f"{error}") from None
