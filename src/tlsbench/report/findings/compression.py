"""What compressed certificates (RFC 8879) save and cost: bytes by kind of chain, time, and round trips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tlsbench.report.beside import stray_words
from tlsbench.report.findings.finding import Finding, change_with_interval, span
from tlsbench.report.findings.pairs import Pair, pairs
from tlsbench.results import Cell, Run
from tlsbench.scenarios.axes import AXES

_AXIS: Final = "certificate_compression"
_MOST_CHAINS: Final = 6
_NS_PER_MS: Final = 1e6
#: Saving less than this share of the message is hardly worth the time.
_LITTLE: Final = 0.05


def compression_findings(run: Run) -> Iterator[Finding]:
    """Findings for each algorithm: on the sizes of chains, then on its effect over a network."""
    for algorithm in AXES[_AXIS].special:
        for workload in ("handshake", "completion"):
            cells = [cell for cell in run.cells if cell.axes["workload"] == workload]
            found = list(pairs(cells, _AXIS, algorithm, "none"))
            like = [pair for pair in found if not pair.beside.stray and _sizes(pair.cell) is not None]
            if like and workload == "handshake":
                yield _of_handshakes(algorithm, like, run)
            elif like:
                yield _over_a_network(algorithm, like)
            elif unlike := stray_words([pair.beside.stray for pair in found]):
                yield Finding(
                    f"Certificates compressed by {algorithm}: not compared, because the cells also differ in "
                    f"{unlike}"
                )


def _of_handshakes(algorithm: str, found: Sequence[Pair], run: Run) -> Finding:
    by_key: dict[str, list[float]] = defaultdict(list)
    for pair in found:
        by_key[_kind(pair.cell)].append(_saved(pair.cell))
    told = "; ".join(f"{kind}: {_savings(shares)}" for kind, shares in by_key.items())
    details = [_chain(pair) for pair in _distinct(found)[:_MOST_CHAINS]]
    little = [kind for kind, shares in by_key.items() if kind.startswith("ml-dsa") and max(shares) < _LITTLE]
    if little:
        details.append(
            f"With {', '.join(little)} nearly everything is random (keys, signatures): only names and "
            "extensions shrink"
        )
    details.extend(_times(found, run))
    return Finding(f"Certificates compressed by {algorithm}: {told}", tuple(details))


def _over_a_network(algorithm: str, found: Sequence[Pair]) -> Finding:
    trips, sooner = [], defaultdict(list)
    for pair in found:
        before, after = (cell.phases["handshake_round_trips"] for cell in (pair.against, pair.cell))
        if before != after:
            axes = pair.cell.axes
            chain = f"{_kind(pair.cell)} × {axes['chain_length']}"
            trips.append(f"{chain} with initcwnd={axes['initcwnd']}: {before:.0f} → {after:.0f}")
        first = [cell.phases["first_byte"] / _NS_PER_MS for cell in (pair.against, pair.cell)]
        sooner[pair.cell.axes["rtt"]].append(first[0] - first[1])
    saves = (
        f"round trips change in {len(trips)} of {len(found)} cells ({'; '.join(trips[:_MOST_CHAINS])})"
        if trips
        else f"no round trip is saved in any of {len(found)} cells"
    )
    told = ", ".join(
        f"{span(saved)} ms at rtt={rtt}"
        for rtt, saved in sorted(sooner.items(), key=lambda one: float(one[0].removesuffix("ms")))
    )
    return Finding(
        f"Certificates compressed by {algorithm}, over the network: {saves}",
        (f"The first byte of the answer comes sooner by {told}",),
    )


def _sizes(cell: Cell) -> tuple[float, float] | None:
    """The bytes of the Certificate message before and after; None if the file does not say."""
    found = [
        cell.negotiated.get(name)
        for name in ("certificate_message_bytes", "compressed_certificate_message_bytes")
    ]
    before, after = (one if isinstance(one, int) else 0 for one in found)
    return (before, after) if before and after else None


def _saved(cell: Cell) -> float:
    """The share of the message that compression saves; negative if the message grows."""
    sizes = _sizes(cell)
    assert sizes is not None
    return 1 - sizes[1] / sizes[0]


def _kind(cell: Cell) -> str:
    """The key types of a chain."""
    axes = cell.axes
    others = [axes.get(name, "same") for name in ("intermediate_key", "root_key")]
    beside = [one for one in others if one not in ("", "same")]
    return " under ".join((axes["key"], *dict.fromkeys(beside)))


def _chain(pair: Pair) -> str:
    sizes = _sizes(pair.cell)
    assert sizes is not None
    before, after = sizes
    share = after / before - 1
    return (
        f"{_kind(pair.cell)} × {pair.cell.axes['chain_length']}: the Certificate message has {before:,} → "
        f"{after:,} bytes, {_percent(share)}; the server sends {pair.against.server_bytes:,.0f} → "
        f"{pair.cell.server_bytes:,.0f}"
    )


def _distinct(found: Sequence[Pair]) -> list[Pair]:
    """One pair for each chain."""
    return list(
        {(_kind(pair.cell), pair.cell.axes["chain_length"]): pair for pair in reversed(found)}.values()
    )[::-1]


def _times(found: Sequence[Pair], run: Run) -> Iterator[str]:
    """Its effect on the time, which excludes the compression itself where that was done beforehand."""
    told = [pair for pair in found if pair.is_told_apart(run)]
    if told:
        most = max(told, key=lambda pair: pair.ratio().median)
        sides = ", ".join(
            f"{side} {change_with_interval(most.ratio(side))}"
            for side in ("client", "server")
            if side in most.cell.figures
        )
        where = f"{_kind(most.cell)} × {most.cell.axes['chain_length']}"
        yield f"It costs the most time for {where}: {change_with_interval(most.ratio())}; {sides}"
    if len(told) < len(found):
        yield f"No significant difference in time in {len(found) - len(told)} of {len(found)} cells"
    engines: Mapping[str, str] = {
        _server(pair.cell): run.engines.get(_server(pair.cell), "") for pair in found
    }
    if any(engine.startswith("OpenSSL") for engine in engines.values()):
        yield "OpenSSL's server compresses once, before the first connection: no time here includes that"
    if any(engine.startswith("BoringSSL") for engine in engines.values()):
        yield (
            "BoringSSL calls its caller's compressor, Python's here, in each handshake: that is in the "
            "server's time; a server that caches the result pays for it once"
        )


def _server(cell: Cell) -> str:
    return cell.axes.get("server") or cell.axes.get("implementation", "")


def _savings(shares: Sequence[float]) -> str:
    """The range of what is saved: ``2.1 to 2.9 % smaller``."""
    least, most = min(shares), max(shares)
    if least < 0 <= most:
        return f"{-100 * least:.1f} % larger to {100 * most:.1f} % smaller"
    ends = (f"{100 * share:.1f}" for share in sorted((abs(least), abs(most))))
    return f"{' to '.join(dict.fromkeys(ends))} % {'smaller' if most >= 0 else 'larger'}"


def _percent(share: float) -> str:
    return f"{100 * share:+.1f} %".replace("-", "−")
