"""Trace one handshake of a scenario: perform, prove, record and decrypt it, outside of any measurement."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tlsbench import files
from tlsbench.errors import RequestError, TlsbenchError
from tlsbench.implementations import LogsKeys
from tlsbench.implementations.registry import ends_of
from tlsbench.results.trace_json import TracedHandshake
from tlsbench.sampling.placement import need_workers
from tlsbench.scenarios import Scenario
from tlsbench.session.selecting import matrix_of, others_that_can
from tlsbench.tracing import KeyLog, Ladder, Piece, Recorder
from tlsbench.tracing.capture import format_of, key_log_beside, whole
from tlsbench.tracing.packets import packets_of
from tlsbench.tracing.transports import TRACED, Traced
from tlsbench.workloads import prepare
from tlsbench.workloads.handshake import Handshake

#: The axes that determine which messages there are.
_SHAPE: Final = (
    *("transport", "version", "resumption", "client_auth", "hello_retry", "address_check"),
    *("certificate_compression", "ech"),
    *("certificate_type", "psk_mode"),
)
#: The most ladders on the page of a run; more would bury its figures.
_MOST_SHAPES: Final = 4
_COMMENT: Final = "tlsbench trace, {headers} headers made up: {scenario}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A traced handshake of a scenario.

    ``keys_from`` is the library that logged the secrets, ``""`` if neither did; ``began_s`` is when it began,
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
        """The part that is shown and stored, without bytes and secrets."""
        return TracedHandshake(
            scenario=self.scenario.id, engines=self.engines, keys_from=self.keys_from, ladder=self.ladder
        )


def captures(trace: Trace, path: Path) -> dict[Path, bytes]:
    """The files that show a trace in Wireshark, by path; all of them are secret.

    :param path: of a pcapng file that includes the secrets; if it ends in ``.pcap``, of a pcap file, with a
        key log of the same name next to it if there are secrets.
    """
    how = TRACED[trace.scenario.transport]
    packets = packets_of(trace.pieces, int(trace.began_s * 1e9), trace.scenario.transport)
    comment = _COMMENT.format(headers=how.headers, scenario=trace.scenario.id)
    found = {path: whole(format_of(path), packets, trace.key_log, comment)}
    beside = key_log_beside(path)
    if beside is not None and trace.key_log:
        found[beside] = trace.key_log.text().encode("ascii")
    return found


def traced_scenario(selectors: Sequence[str]) -> Scenario:
    """The one handshake that the selectors describe.

    :raises RequestError: if they do not describe exactly one, or it cannot be traced here.
    """
    matrix = matrix_of(selectors or ("workload=handshake",))
    if matrix.excluded and not matrix.scenarios:
        raise RequestError(
            f"cannot trace that: {matrix.excluded[0].reason}{others_that_can(matrix, selectors)}"
        )
    if len(matrix.scenarios) != 1:
        raise RequestError(
            f"a trace needs one scenario, but the selectors name {len(matrix.scenarios)}: add axes, such as "
            "implementation=pyopenssl version=1.3 key=ecdsa-secp256r1"
        )
    (scenario,) = matrix.scenarios
    if scenario.workload != "handshake":
        raise RequestError(f"only a handshake can be traced, not workload={scenario.workload}")
    if scenario.transport not in TRACED:
        raise RequestError(f"only transport={' or '.join(TRACED)} can be traced, not {scenario.transport}")
    if need_workers([scenario]):
        raise RequestError(f"cannot trace that: {scenario.id} needs a process of its own")
    return scenario


def trace(scenario: Scenario) -> Trace:
    """Perform one handshake of a scenario, prove it, and decode it.

    A resumed one is preceded by the full handshake that provides its session, which is not in the trace.

    :raises TlsbenchError: as a measurement of the scenario would.
    """
    cell = prepare(scenario, ends_of(scenario), time.perf_counter_ns)
    assert isinstance(cell, Handshake)
    how = TRACED[scenario.transport]
    try:
        with files.temporary(b"", ".keylog") as path:
            recorder = Recorder(time.perf_counter_ns)
            keys_from = _record(cell, how, recorder, path)
            cell.sample()  # not traced: the first handshake of a process has extra costs
            began_s = time.time()
            cell.sample()
            pieces = recorder.pieces
            log = KeyLog.parse(path.read_text(encoding="ascii"))
    finally:
        cell.close()
    random = how.opening(pieces).client_random
    log = log.newest_as(random) if scenario.ech == "on" else log.of(random)
    return Trace(
        scenario=scenario,
        engines={name: member.engine() for name, member in ends_of(scenario).items()},
        began_s=began_s,
        pieces=pieces,
        key_log=log,
        keys_from=keys_from if log else "",
        ladder=how.ladder(pieces, log),
    )


def trace_shapes(scenarios: Sequence[Scenario]) -> tuple[list[TracedHandshake], list[str]]:
    """Trace one handshake for each shape among measured scenarios, of the first few shapes.

    The shape is what determines the messages: transport, version, resumption, client certificates,
    HelloRetryRequest, address checks, certificate compression and type, Encrypted ClientHello and PSK mode.
    Nothing may be measured meanwhile.

    :returns: the traces, and a line for each shape that could not be traced.
    """
    by_shape: dict[tuple[str, ...], Scenario] = {}
    for scenario in scenarios:
        traced = scenario.workload == "handshake" and scenario.transport in TRACED
        if traced and not need_workers([scenario]):
            by_shape.setdefault(tuple(map(scenario.value, _SHAPE)), scenario)
    traces, problems = [], []
    for scenario in list(by_shape.values())[:_MOST_SHAPES]:
        try:
            traces.append(trace(scenario).shown)
        except TlsbenchError as error:
            problems.append(f"not traced: {scenario.id}: {error}")
    return traces, problems


def _record(cell: Handshake, how: Traced, recorder: Recorder, path: Path) -> str:
    """Put the recorder between a cell and its libraries; return the library that logs its keys, or ``""``."""
    clients, servers, make_clients = cell.clients, cell.servers, cell.make_clients
    keys_from = ""
    if isinstance(servers, LogsKeys):
        servers.log_keys(str(path))
        keys_from = cell.scenario.server
    elif isinstance(clients, LogsKeys) and make_clients is None:
        clients.log_keys(str(path))
        keys_from = cell.scenario.client
    cell.clients = how.clients(clients, recorder)
    cell.servers = how.servers(servers, recorder)
    cell.link = how.link(cell.link, recorder)
    if make_clients is not None:
        cell.make_clients = lambda: how.clients(make_clients(), recorder)
    return keys_from
