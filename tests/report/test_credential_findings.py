"""Credentials instead of certificates, and what happened to a ticket, are reported in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tlsbench.report.findings import findings
from tlsbench.results import Cell, Run
from tlsbench.stats import summarise

RunOf = Callable[[str], Run]


def timed(run: Run, axis: str, times: Mapping[str, float]) -> Run:
    """The run with times by the value of an axis."""

    def with_times(cell: Cell) -> Cell:
        rounds = [[times[cell.axes[axis]] + step] for step in range(10)]
        figures = {part: summarise(rounds) for part in ("libraries", "client", "server")}
        return replace(cell, figures={**cell.figures, **figures})

    return replace(run, cells=[with_times(cell) for cell in run.cells], noise_floor={"handshake": 0.01})


def said(run: Run) -> dict[str, tuple[str, ...]]:
    return {finding.headline: tuple(finding.details) for finding in findings(run)}


def test_it_is_said_what_an_external_psk_saves_and_what_it_sends(run_of: RunOf) -> None:
    run = run_of("implementation=pyopenssl version=1.3 resumption=none,psk,external-psk key=ecdsa-secp256r1")
    found = said(timed(run, "resumption", {"none": 1000, "psk": 500, "external-psk": 600}))
    details = found["An external PSK instead of a certificate: handshakes take 40 % less time"]
    assert any("bytes from the server" in line and "-8" in line for line in details)
    assert "An external PSK instead of a ticket: handshakes take 20 % more time" in found


def test_it_is_said_what_leaving_the_key_exchange_out_saves(run_of: RunOf) -> None:
    run = run_of("implementation=pyopenssl version=1.3 resumption=psk psk_mode=psk_dhe_ke,psk_ke")
    found = said(timed(run, "psk_mode", {"psk_dhe_ke": 1000, "psk_ke": 750}))
    assert "A PSK without a key exchange (psk_ke): handshakes take 25 % less time" in found


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_it_is_said_what_a_raw_key_saves_against_a_certificate_and_against_each_chain(
    version: str, run_of: RunOf, openssl_35: str
) -> None:
    of_both = f"implementation={openssl_35} version={version} key=ecdsa-secp256r1"
    raw, chains = run_of(f"{of_both} certificate_type=raw"), run_of(f"{of_both} chain_length=1,2,3")
    run = replace(chains, cells=[*raw.cells, *chains.cells])
    found = said(timed(run, "chain_length", {"1": 1000, "2": 1500, "3": 2000}))
    lone, two, three = (
        f"A raw public key instead of a {what}" for what in ("certificate", "chain of 2", "chain of 3")
    )
    assert f"{lone}: no significant difference in the time of handshakes" in found
    assert f"{two}: handshakes take 33 % less time" in found
    assert f"{three}: handshakes take 50 % less time" in found


def test_it_is_said_what_replaced_keys_cost(run_of: RunOf, openssl_35: str) -> None:
    run = run_of(
        f"implementation={openssl_35} version=1.3 resumption=psk key=ecdsa-secp256r1 "
        "ticket_state=current,previous-key,unknown-key"
    )
    found = said(timed(run, "ticket_state", {"current": 1000, "previous-key": 1100, "unknown-key": 1700}))
    kept, gone = (
        next(line for line in found if line.startswith(start))
        for start in ("A ticket under the previous key", "A ticket under a key that the server no longer has")
    )
    assert kept.endswith("handshakes take 10 % more time")
    assert gone.endswith("handshakes take 70 % more time")


@pytest.mark.parametrize(
    ("first_bytes", "words"),
    [((153.0, 103.0), "comes later, by 50.0 ms at rtt=50ms"), ((103.0, 153.0), "comes sooner, by 50.0 ms")],
)
def test_a_smaller_handshake_is_not_always_the_faster_answer(
    first_bytes: tuple[float, float], words: str, run_of: RunOf, openssl_35: str
) -> None:
    """The congestion window grows with what is acknowledged: less, if less was sent."""
    run = run_of(
        f"implementation={openssl_35} workload=completion rtt=50ms size=1KiB certificate_type=raw,x509 "
        "key=ecdsa-secp256r1"
    )
    by_type = dict(zip(("raw_public_key", "x509"), first_bytes, strict=True))
    cells = [
        replace(
            cell,
            phases={**cell.phases, "first_byte": by_type[cell.axes["certificate_type"]] * 1e6},
        )
        for cell in run.cells
    ]
    [line] = [line for line in said(replace(run, cells=cells)) if line.startswith("A raw public key")]
    assert words in line
