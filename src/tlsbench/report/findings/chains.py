"""Names of chains, and what a server saves by not sending its intermediates (``chain_sent``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

from tlsbench.report.beside import stray_words
from tlsbench.report.findings.finding import Finding, change_with_interval
from tlsbench.report.findings.pairs import Pair, pairs
from tlsbench.results import Cell, Run
from tlsbench.scenarios.sizes import parse_size

_FULL = "full"
_TITLES = {
    "leaf": "Intermediates that the client knows, and that are not sent",
    "leaf-anchored": "Only the leaf, whose issuer the client trusts",
}
_WORKLOADS = ("handshake", "completion")
_MOST_TOLD = 6
#: A smaller difference comes from computation at the ends, not from the network.
_LEAST_MS = 1.0


def chain_name(axes: Mapping[str, str]) -> str:
    """A server's chain by its key type, the key types of its issuers and the number of certificates.

    Issuers are named only if their key types differ; what is sent is named if it is not the full chain.
    """
    issuers = [axes.get(axis, "same") for axis in ("intermediate_key", "root_key")]
    others = [key for key in dict.fromkeys(issuers) if key != "same"]
    under = "".join(f" under {key}" for key in others)
    sent = axes.get("chain_sent", _FULL)
    return f"{axes['key']}{under} × {axes['chain_length']}{'' if sent == _FULL else f' ({sent})'}"


def sent_before_the_answer(cell: Cell) -> float:
    """The bytes from the server without the answer: its side of the handshake."""
    return cell.server_bytes - parse_size(cell.axes["size"])


def chain_findings(run: Run) -> Iterator[Finding]:
    """For each workload and each way to send only the leaf, what that saves in bytes and round trips."""
    for workload in _WORKLOADS:
        cells = [cell for cell in run.cells if cell.axes["workload"] == workload]
        for value, title in _TITLES.items():
            found = list(pairs(cells, "chain_sent", value, _FULL))
            like = [pair for pair in found if not pair.beside.stray]
            if like:
                yield _of(workload, title, like)
            elif unlike := stray_words(pair.beside.stray for pair in found):
                yield Finding(f"{title}: not compared, because the cells also differ in {unlike}")


def _of(workload: str, title: str, found: Sequence[Pair]) -> Finding:
    saved = sorted(_bytes(pair.against) - _bytes(pair.cell) for pair in found)
    span = f"{saved[0]:,.0f}" + (f" to {saved[-1]:,.0f}" if f"{saved[0]:,.0f}" != f"{saved[-1]:,.0f}" else "")
    over = " over a network" if workload == "completion" else ""
    told = [_told(pair) for pair in found[:_MOST_TOLD]]
    more = [f"and {len(found) - len(told)} more"] if len(found) > len(told) else []
    return Finding(f"{title}: the server sends {span} bytes fewer{over}", (*told, *more))


def _told(pair: Pair) -> str:
    before, after = _bytes(pair.against), _bytes(pair.cell)
    parts = [f"{chain_name(pair.against.axes)}{_where(pair.cell)}: {before:,.0f} → {after:,.0f} bytes"]
    trips = [one.phases.get("handshake_round_trips") for one in (pair.against, pair.cell)]
    if trips[0] is not None and trips[1] is not None:
        fewer = f"{trips[0]:.0f} → {trips[1]:.0f} round trips"
        parts.append(fewer if trips[0] != trips[1] else "the same number of round trips")
        sooner = (pair.against.phases["first_byte"] - pair.cell.phases["first_byte"]) / 1e6
        told = f"{sooner:,.0f} ms sooner" if sooner >= _LEAST_MS else "no sooner"
        parts.append(f"the first byte comes {told}")
        return ", ".join(parts)
    for side in ("client", "server"):
        ratio = pair.ratio(side)
        if isfinite(ratio.high):
            parts.append(f"{side} {change_with_interval(ratio)}")
    return ", ".join(parts)


def _where(cell: Cell) -> str:
    axes = cell.axes
    library = axes.get("implementation") or f"{axes['client']} to {axes['server']}"
    return f" ({library}{''.join(f' {axis}={axes[axis]}' for axis in ('rtt', 'initcwnd') if axis in axes)})"


def _bytes(cell: Cell) -> float:
    return sent_before_the_answer(cell) if "size" in cell.axes else cell.server_bytes
