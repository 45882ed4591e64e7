"""One handshake of a scenario, traced: made, proved, recorded and opened, outside every measurement."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from tlsbench import files
from tlsbench.errors import MeasurementError, ProofError, RequestError
from tlsbench.implementations import LogsKeys
from tlsbench.implementations.registry import ends_of, tls_library
from tlsbench.links import observe
from tlsbench.sampling.placement import interpreter_of
from tlsbench.scenarios import Scenario
from tlsbench.session.selecting import matrix_of
from tlsbench.tracing import KeyLog, Ladder, Piece, Recorder, ladder_of
from tlsbench.tracing.capture import packets_of, pcap, pcapng
from tlsbench.tracing.decoding import opening_of
from tlsbench.tracing.recording import RecordedClients, RecordedLink, RecordedServers
from tlsbench.tracing.records import records_of
from tlsbench.workloads import prepare
from tlsbench.workloads.exchange import shake_hands
from tlsbench.workloads.handshake import Handshake

#: What a client offers before the group that its server takes, to be sent a HelloRetryRequest.
_OFFERED_FIRST: Final = ("x25519", "secp256r1")
#: What a pcap file ends with, which holds no secrets.
PCAP_SUFFIX: Final = ".pcap"
_COMMENT: Final = "tlsbench trace, TCP and IP headers made up"


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


def captures(trace: Trace, path: Path) -> dict[Path, bytes]:
    """The files that show a trace to Wireshark, by their paths: all of them secret.

    :param path: pcapng with the secrets inside; where it ends with ``.pcap``, pcap, and a key log of the same
        name beside it if there are secrets.
    """
    packets = packets_of(trace.pieces, int(trace.began_s * 1e9))
    if path.suffix != PCAP_SUFFIX:
        return {path: pcapng(packets, trace.key_log, f"{_COMMENT}: {trace.scenario.id}")}
    found = {path: pcap(packets)}
    if trace.key_log:
        found[key_log_beside(path)] = trace.key_log.text().encode("ascii")
    return found


def key_log_beside(path: Path) -> Path:
    """Where the key log of a pcap file stands."""
    return path.with_suffix(".keylog")


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
    if interpreter_of(scenario).environment:
        raise RequestError(f"cannot trace that: {scenario.id} needs a process of its own")
    return scenario


def trace(scenario: Scenario, *, hello_retry: bool = False) -> Trace:
    """Make one handshake of a scenario, prove it, and look into it.

    A resumed one is preceded by the full handshake that brings its session, which is not in the trace.

    :param hello_retry: whether the client offers a key share for another group first, so that the server of
        TLS 1.3 asks again (RFC 8446 section 4.1.4).
    :raises RequestError: if that cannot be.
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
            if hello_retry:
                _ask_again(cell, recorder, path if keys_from != scenario.server else None)
            else:
                cell.sample()
            pieces = recorder.pieces
            log = KeyLog.parse(path.read_text(encoding="ascii"))
    finally:
        cell.close()
    log = log.of(opening_of(records_of(pieces)).client_random)
    return Trace(
        scenario=scenario,
        engines={name: member.engine() for name, member in ends_of(scenario).items()},
        began_s=began_s,
        pieces=pieces,
        key_log=log,
        keys_from=keys_from if log else "",
        ladder=ladder_of(pieces, log),
    )


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
    cell.clients = RecordedClients(clients, recorder)
    cell.servers = RecordedServers(servers, recorder)
    cell.link = RecordedLink(cell.link, recorder)
    if make_clients is not None:
        cell.make_clients = lambda: RecordedClients(make_clients(), recorder)
    return keys_from


def _ask_again(cell: Handshake, recorder: Recorder, key_log: Path | None) -> None:
    """A full handshake whose client's first key share is for a group that the server does not take.

    :param key_log: where the client is to log its keys; None if the server does so.
    """
    scenario = cell.scenario
    if scenario.version != "1.3" or scenario.resumption != "none":
        raise RequestError("a HelloRetryRequest is traced in full handshakes of TLS 1.3: version=1.3")
    first = next(group for group in _OFFERED_FIRST if group != scenario.group)
    offers = replace(scenario, group=f"{first}:{scenario.group}")
    clients = tls_library(scenario.client).client_context(offers, cell.peers)
    if key_log is not None and isinstance(clients, LogsKeys):
        clients.log_keys(str(key_log))
    exchange = shake_hands(RecordedClients(clients, recorder), cell.servers, cell.link, time.perf_counter_ns)
    if not observe(exchange.entries).hello_retry:
        raise MeasurementError(f"{scenario.server} sent no HelloRetryRequest to a client with {offers.group}")
    for witness, end in (("client", exchange.client), ("server", exchange.server)):
        group = end.negotiated().group
        if group not in (scenario.group, None):
            raise ProofError("group", wanted=scenario.group, got=group, witness=witness)
    exchange.close()
