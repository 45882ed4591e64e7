"""One handshake of a scenario, traced: made, proved, recorded and opened, outside every measurement."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tlsbench import files
from tlsbench.errors import RequestError, TlsbenchError
from tlsbench.implementations import LogsKeys
from tlsbench.implementations.registry import ends_of
from tlsbench.results.trace_json import TracedHandshake
from tlsbench.sampling.placement import need_workers
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.transports import DATAGRAMS
from tlsbench.session.selecting import matrix_of
from tlsbench.tracing import KeyLog, Ladder, Piece, Recorder, ladder_of
from tlsbench.tracing.capture import format_of, key_log_beside, whole
from tlsbench.tracing.decoding import opening_of
from tlsbench.tracing.ladder import RECORDS_OF
from tlsbench.tracing.packets import packets_of
from tlsbench.tracing.recording import RecordedClients, RecordedLink, RecordedServers
from tlsbench.tracing.recording_datagrams import (
    RecordedDatagramClients,
    RecordedDatagrams,
    RecordedDatagramServers,
)
from tlsbench.workloads import prepare
from tlsbench.workloads.handshake import Handshake

#: So many ladders a page has of a run, lest they bury its figures.
_MOST_SHAPES: Final = 4
#: The axes that decide which messages there are.
_SHAPE: Final = ("transport", "version", "resumption", "client_auth", "hello_retry", "address_check")
#: What stands between a cell and its client's context, its server's, and its link, and records.
_RECORDED: Final[tuple[Callable[..., Any], ...]] = (RecordedClients, RecordedServers, RecordedLink)
_RECORDED_DATAGRAMS: Final[tuple[Callable[..., Any], ...]] = (
    RecordedDatagramClients,
    RecordedDatagramServers,
    RecordedDatagrams,
)
_COMMENT: Final = "tlsbench trace, headers of TCP, UDP and IP made up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One handshake, of a scenario.

    ``keys_from`` is the library that gave the secrets, ``""`` if neither did; ``began_s`` is when it began,
    in seconds since 1970.
    """

    scenario: Scenario
    engines: dict[str, str]
    began_s: float
    pieces: tuple[Piece, ...] = field(repr=False)
    key_log: KeyLog = field(repr=False)
    keys_from: str
    ladder: Ladder

    @property
    def shown(self) -> TracedHandshake:
        """What is shown and stored of it: neither bytes nor secrets."""
        return TracedHandshake(
            scenario=self.scenario.id, engines=self.engines, keys_from=self.keys_from, ladder=self.ladder
        )


def captures(trace: Trace, path: Path) -> dict[Path, bytes]:
    """The files that show a trace to Wireshark, by their paths: all of them secret.

    :param path: pcapng with the secrets inside; where it ends with ``.pcap``, pcap, and a key log of the same
        name beside it if there are secrets.
    """
    packets = packets_of(trace.pieces, int(trace.began_s * 1e9), trace.ladder.transport)
    comment = f"{_COMMENT}: {trace.scenario.id}"
    found = {path: whole(format_of(path), packets, trace.key_log, comment)}
    beside = key_log_beside(path)
    if beside is not None and trace.key_log:
        found[beside] = trace.key_log.text().encode("ascii")
    return found


def traced_scenario(selectors: Sequence[str]) -> Scenario:
    """The one handshake that the selectors mean.

    :raises RequestError: if that is not one, or cannot be here.
    """
    matrix = matrix_of(selectors or ("workload=handshake",))
    if matrix.excluded and not matrix.scenarios:
        raise RequestError(f"cannot trace that: {matrix.excluded[0].reason}")
    if len(matrix.scenarios) != 1:
        raise RequestError(
            f"a trace is of one scenario, the selectors name {len(matrix.scenarios)}: add axes, such as "
            "implementation=pyopenssl version=1.3 key=ecdsa-secp256r1"
        )
    (scenario,) = matrix.scenarios
    if scenario.workload != "handshake":
        raise RequestError(f"a trace is of a handshake, not of workload={scenario.workload}")
    if scenario.transport not in RECORDS_OF:
        raise RequestError(f"{scenario.transport} is not traced yet: a trace is of {' or '.join(RECORDS_OF)}")
    if need_workers([scenario]):
        raise RequestError(f"cannot trace that: {scenario.id} needs a process of its own")
    return scenario


def trace(scenario: Scenario) -> Trace:
    """Make one handshake of a scenario, prove it, and look into it.

    A resumed one is preceded by the full handshake that brings its session, which is not in the trace.

    :raises TlsbenchError: as a measurement of the scenario would.
    """
    cell = prepare(scenario, ends_of(scenario), time.perf_counter_ns)
    assert isinstance(cell, Handshake)
    try:
        with files.temporary(b"", ".keylog") as path:
            recorder = Recorder(time.perf_counter_ns)
            keys_from = _record(cell, recorder, path)
            cell.sample()  # what only the first handshake of a process costs is not in the trace
            began_s = time.time()
            cell.sample()
            pieces = recorder.pieces
            log = KeyLog.parse(path.read_text(encoding="ascii"))
    finally:
        cell.close()
    records = RECORDS_OF[scenario.transport](pieces)
    log = log.of(opening_of(records).client_random)
    return Trace(
        scenario=scenario,
        engines={name: member.engine() for name, member in ends_of(scenario).items()},
        began_s=began_s,
        pieces=pieces,
        key_log=log,
        keys_from=keys_from if log else "",
        ladder=ladder_of(pieces, log, scenario.transport),
    )


def trace_shapes(scenarios: Sequence[Scenario]) -> tuple[list[TracedHandshake], list[str]]:
    """A trace of one handshake for each shape among scenarios that were measured, of the first few.

    A shape is what decides which messages there are. Nothing may be measured meanwhile.

    :returns: the traces, and a line for each shape that could not be traced.
    """
    by_shape: dict[tuple[str, ...], Scenario] = {}
    for scenario in scenarios:
        traced = scenario.workload == "handshake" and scenario.transport in RECORDS_OF
        if traced and not need_workers([scenario]):
            shape = tuple(map(scenario.value, _SHAPE))
            by_shape.setdefault(shape, scenario)
    traces, problems = [], []
    for scenario in list(by_shape.values())[:_MOST_SHAPES]:
        try:
            traces.append(trace(scenario).shown)
        except TlsbenchError as error:
            problems.append(f"not traced: {scenario.id}: {error}")
    return traces, problems


def _record(cell: Handshake, recorder: Recorder, path: Path) -> str:
    """Put the recorder between the cell and its libraries; which of them logs its keys."""
    clients, servers, make_clients = cell.clients, cell.servers, cell.make_clients
    keys_from = ""
    if isinstance(servers, LogsKeys):
        servers.log_keys(str(path))
        keys_from = cell.scenario.server
    elif isinstance(clients, LogsKeys) and make_clients is None:
        clients.log_keys(str(path))
        keys_from = cell.scenario.client
    in_datagrams = cell.scenario.transport in DATAGRAMS
    record_clients, record_servers, record_link = _RECORDED_DATAGRAMS if in_datagrams else _RECORDED
    cell.clients = record_clients(clients, recorder)
    cell.servers = record_servers(servers, recorder)
    cell.link = record_link(cell.link, recorder)
    if make_clients is not None:
        cell.make_clients = lambda: record_clients(make_clients(), recorder)
    return keys_from
