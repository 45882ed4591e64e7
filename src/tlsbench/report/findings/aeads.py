"""Which AEAD is faster, by the size of what is encrypted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite

from tlsbench.report.findings.finding import Finding
from tlsbench.report.table import ratio_of
from tlsbench.results import Cell, Run
from tlsbench.scenarios.sizes import parse_size
from tlsbench.stats import Interval, is_difference

_CHACHA20 = "ChaCha20-Poly1305"
#: AEADs by a substring of the names of cipher suites and algorithms.
_AEADS: Mapping[str, str] = {
    "aes-128-gcm": "AES-128-GCM",
    "aes-256-gcm": "AES-256-GCM",
    "chacha20-poly1305": _CHACHA20,
}


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Adjacent sizes with the same verdict: the faster AEAD, ``""`` for neither, and the ratios of times."""

    faster: str
    sizes: Sequence[str]
    ratios: Sequence[float]

    def words(self, *, is_first: bool, is_last: bool) -> str:
        first, last = self.sizes[0], self.sizes[-1]
        if first == last:
            where = f"at {first}"
        elif is_first and is_last:
            where = f"from {first} to {last}"
        elif is_first:
            where = f"up to {last}"
        else:
            where = f"from {first} on" if is_last else f"from {first} to {last}"
        if not self.faster:
            return f"neither {where}"
        low, high = min(self.ratios), max(self.ratios)
        times = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
        return f"{self.faster} {where} ({times} times)"


def aead_findings(run: Run) -> Iterator[Finding]:
    """Where AES-GCM and ChaCha20-Poly1305 overtake each other, for each series of sizes that has both."""
    series: dict[tuple[tuple[str, str], ...], dict[str, dict[int, Cell]]] = defaultdict(dict)
    for cell in run.cells:
        of = _aead_of(cell)
        if of is None:
            continue
        aead, others = of
        series[tuple(sorted(others.items()))].setdefault(aead, {})[parse_size(cell.axes["size"])] = cell
    told = [
        (dict(key), aead, [(cells[size], by_aead[_CHACHA20][size]) for size in shared])
        for key, by_aead in series.items()
        for aead, cells in by_aead.items()
        if aead != _CHACHA20 and (shared := sorted(set(cells) & set(by_aead.get(_CHACHA20, ()))))
    ]
    for axes, aead, pairs in told:
        context = _context(axes, [other for other, *_ in told])
        yield Finding(f"{context}: {_sentence(aead, pairs, run)}")


def _aead_of(cell: Cell) -> tuple[str, dict[str, str]] | None:
    """The AEAD of a cell that has a size, and the cell's other axes."""
    axes = dict(cell.axes)
    size, name = axes.pop("size", ""), axes.pop("cipher", "") or axes.pop("algorithm", "")
    spelled = name.lower().replace("_", "-")
    aead = next((title for part, title in _AEADS.items() if part in spelled), None)
    if not size or aead is None:
        return None
    operation = name.partition("/")[2]
    return aead, {**axes, **({"operation": operation} if operation else {})}


def _context(axes: Mapping[str, str], among: Sequence[Mapping[str, str]]) -> str:
    """The workload, and the values in which this series of sizes differs from others."""
    differing = [
        f"{axis}={value}"
        for axis, value in axes.items()
        if axis not in ("workload", "implementation")
        and any(other.get(axis) not in (value, None) for other in among)
    ]
    same_workload = [other for other in among if other["workload"] == axes["workload"]]
    libraries = {other.get("implementation", "") for other in same_workload}
    name = [axes["implementation"]] if len(libraries) > 1 and axes.get("implementation") else []
    return " ".join([axes["workload"], *name, *differing])


def _sentence(aead: str, pairs: Iterable[tuple[Cell, Cell]], run: Run) -> str:
    verdicts = []
    are_measured = False
    for cell, chacha in pairs:
        ratio: Interval = ratio_of(chacha, cell)
        floor = run.noise_floor.get(cell.axes["workload"], 0.0)
        are_measured |= isfinite(floor) and isfinite(ratio.high)
        faster = "" if not is_difference(ratio, floor) else aead if ratio.median > 1 else _CHACHA20
        verdicts.append((faster, cell.axes["size"], max(ratio.median, 1 / ratio.median)))
    stretches = [
        _Stretch(faster, [size for _, size, _ in group], [ratio for *_, ratio in group])
        for faster, group in ((name, list(members)) for name, members in groupby(verdicts, lambda v: v[0]))
    ]
    last = len(stretches) - 1
    words = [stretch.words(is_first=at == 0, is_last=at == last) for at, stretch in enumerate(stretches)]
    if not any(stretch.faster for stretch in stretches):
        said = "no significant difference" if are_measured else "too few rounds to tell a difference"
        return f"{said} between {aead} and {_CHACHA20} {words[0].removeprefix('neither ')}"
    return f"the faster of {aead} and {_CHACHA20} is {', '.join(words)}"
