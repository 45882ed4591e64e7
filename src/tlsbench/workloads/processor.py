"""The proof of the axis ``cpu``: an engine must demonstrably lack what the scenario disables."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from statistics import median

from tlsbench.errors import ProofError
from tlsbench.implementations import Implementation, TlsImplementation
from tlsbench.implementations.processor import TellsProcessor, still_used
from tlsbench.links import open_link
from tlsbench.pki import peers_for
from tlsbench.scenarios import Scenario
from tlsbench.workloads.stream import Bulk

_SAMPLES = 15
#: In each of five libraries, on a processor with AVX-512, AES-GCM took 2.5 to 9 times as long as
#: ChaCha20-Poly1305 without AES instructions, and 0.4 to 0.7 times as long with them.
_SLOW = 1.5
_AES = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
_CHACHA20 = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
_RECORDS = Scenario(
    workload="bulk",
    client="",
    server="",
    version="1.2",
    cipher=_AES,
    group="x25519",  # supported by every library
    key="ecdsa-secp256r1",
    chain_length=1,
    client_auth="none",
    link="memory",
    size=16384,
)

_evidence: dict[tuple[str, str], str] = {}


def prove_processor(
    scenario: Scenario, implementations: Mapping[str, Implementation]
) -> Mapping[str, object]:
    """Check that both ends lack the processor features that ``scenario.cpu`` disables.

    :returns: the evidence, for the record: for each end, the engine's own report or a ratio of times.
    :raises ProofError: if an end still uses one, or there is no evidence that it does not.
    """
    if scenario.cpu in ("", "native"):
        return {}
    ends = {"client": scenario.client, "server": scenario.server}
    return {
        f"{side}_processor": _evidence_of(implementations[end], scenario.cpu, side)
        for side, end in ends.items()
    }


def _evidence_of(member: Implementation, cpu: str, side: str) -> str:
    known = _evidence.get((member.id, cpu))
    if known is None:
        known = _evidence[member.id, cpu] = _asked(member, cpu, side)
    return known


def _asked(member: Implementation, cpu: str, side: str) -> str:
    told = member.processor() if isinstance(member, TellsProcessor) else None
    if told is not None:
        left = still_used(cpu, told)
        if left is not None:
            raise ProofError("cpu", wanted=cpu, got=f"an engine that uses {left}", witness=side)
        return told
    if not isinstance(member, TlsImplementation):
        raise ProofError("cpu", wanted=cpu, got="an engine that does not say", witness=side)
    ratio = _time_of(member, _AES) / _time_of(member, _CHACHA20)
    said = f"AES-128-GCM takes {ratio:.2f} times as long as ChaCha20-Poly1305"
    if ratio < _SLOW:
        raise ProofError("cpu", wanted=cpu, got=said, witness=side)
    return said


def _time_of(member: TlsImplementation, cipher: str) -> float:
    """The time that records of 16 KiB take with a TLS 1.2 cipher suite."""
    scenario = replace(_RECORDS, client=member.id, server=member.id, cipher=cipher)
    peers = peers_for(scenario)
    cell = Bulk(
        scenario,
        peers,
        member.client_context(scenario, peers),
        member.server_context(scenario, peers),
        open_link(scenario.link),
        time.perf_counter_ns,
    )
    try:
        return median(cell.sample().total for _ in range(_SAMPLES))
    finally:
        cell.close()
