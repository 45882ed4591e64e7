"""The picture of transports: what datagrams cost compared with TLS."""

from __future__ import annotations

from math import isfinite

from tlsbench.report.findings.transports import CALLED, COMPARED, beside_tls
from tlsbench.report.naming import scenario_of
from tlsbench.report.pictures.shapes import MOST_BARS, Dots, Picture
from tlsbench.report.table import ratio_of
from tlsbench.results import Cell, Run
from tlsbench.stats import is_difference


def transports(run: Run) -> Picture | None:
    """The time of each library over datagrams over that of TLS in the same run, workload by workload."""
    found = [
        (f"{CALLED[transport]} by {library}, {workload}", cell, other)
        for transport, workloads in COMPARED.items()
        for workload in workloads
        for library, cells in beside_tls(run, workload, transport).items()
        for cell, other in cells[:1]
    ]
    if not found:
        return None
    shown = found[:MOST_BARS]
    rest = f" {len(found) - len(shown):,} more are in the table." if len(found) > len(shown) else ""
    ratios = [ratio_of(cell, other) for _, cell, other in shown]
    return Picture(
        "transports",
        "QUIC and DTLS compared with TLS",
        "Time in the libraries over that of TLS in the same run, with its 95 % interval; 1 means as long. "
        f"TLS is that of the same library, or the fastest if it has none.{rest}",
        Dots(
            [label for label, _, _ in shown],
            [ratio.median for ratio in ratios],
            [(ratio.low, ratio.high) if isfinite(ratio.high) else None for ratio in ratios],
            [_verdict(run, cell, other) for _, cell, other in shown],
            "datagrams / TLS",
            1.0,
        ),
        scenario=scenario_of([cell for _, cell, _ in shown]),
    )


def _verdict(run: Run, cell: Cell, other: Cell) -> str:
    """The verdict as comparisons give it, beyond the noise floor."""
    ratio = ratio_of(cell, other)
    if not is_difference(ratio, run.noise_floor.get(cell.axes["workload"], 0.0)):
        return "~"
    return "slower" if ratio.median > 1 else "faster"
