from __future__ import annotations

from collections.abc import Callable

from tlsbench.report.findings import findings
from tlsbench.report.findings.chains import chain_name
from tlsbench.results import Cell, Run

RunOf = Callable[[str], Run]
Taking = Callable[[Run, Callable[[Cell], float]], Run]
SENT = "version=1.3 key=ml-dsa-44 chain_length=3"


def test_what_left_out_intermediates_save_is_said_in_bytes_and_for_each_side(
    run_of: RunOf, taking: Taking
) -> None:
    measured = run_of(f"implementation=pyopenssl {SENT} chain_sent=full,leaf,leaf-anchored")
    run = taking(measured, lambda cell: cell.server_bytes)
    full, leaf, anchored = run.cells
    said = {finding.headline: finding.details for finding in findings(run)}
    for cell, title in (
        (leaf, "Intermediates that the client knows, and that are not sent"),
        (anchored, "Only the leaf, whose issuer the client trusts"),
    ):
        saved = full.server_bytes - cell.server_bytes
        assert saved > 2 * 3700  # two intermediates, each with an ML-DSA-44 key and signature
        [detail] = said[f"{title}: the server sends {saved:,.0f} bytes fewer"]
        assert detail.startswith(
            f"ml-dsa-44 × 3 (pyopenssl): {full.server_bytes:,.0f} → {cell.server_bytes:,.0f} bytes, client "
        )
        assert ", server " in detail


def test_over_a_network_the_round_trips_are_said(run_of: RunOf) -> None:
    over = "workload=completion implementation=pyopenssl group=X25519MLKEM768 size=1KiB rtt=50ms"
    run = run_of(f"{over} version=1.3 key=ml-dsa-65 chain_length=3 chain_sent=full,leaf")
    [said] = [one for one in findings(run) if one.headline.startswith("Intermediates that")]
    assert said.headline.endswith("bytes fewer over a network")
    assert "(pyopenssl rtt=50ms initcwnd=10)" in said.details[0]
    assert "2 → 1 round trips, the first byte comes" in said.details[0]


def test_without_both_nothing_is_said(run_of: RunOf) -> None:
    run = run_of(f"implementation=pyopenssl {SENT} chain_sent=leaf")
    assert not [one for one in findings(run) if "intermediates" in one.headline.lower()]


def test_a_chain_is_named_by_its_keys_and_by_what_is_sent_of_it() -> None:
    axes = {"key": "ecdsa-secp256r1", "chain_length": "2", "root_key": "slh-dsa-sha2-128s"}
    assert chain_name(axes) == "ecdsa-secp256r1 under slh-dsa-sha2-128s × 2"
    assert chain_name({**axes, "chain_sent": "leaf"}).endswith("× 2 (leaf)")
