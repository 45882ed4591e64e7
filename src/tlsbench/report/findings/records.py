"""What padding, small records and limits cost in time and bytes, and what new keys cost in records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.report.digits import from_to, with_unit
from tlsbench.report.findings.finding import Finding, amount, change_with_interval
from tlsbench.report.findings.pairs import Pair, pairs
from tlsbench.report.naming import names
from tlsbench.report.table import overhead, ratio_of
from tlsbench.results import Cell, Run
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.records import RECORD_AXES, number_of
from tlsbench.stats import is_difference

_WORDS: Final = {
    "padding": "Padding to {value} bytes",
    "record_size": "Records of {value} bytes",
    "max_fragment_length": "A max_fragment_length of {value} bytes",
    "record_size_limit": "A record_size_limit of {value} bytes",
}
_NOUNS: Final = {"bulk": "bulk data", "echo": "an echo"}
#: Up to this many values of an axis are listed one by one.
_MOST_TOLD: Final = 6
#: The sizes of the full records in which an update's cost is expressed, and of the echo it is compared with.
_FULL, _BYTE = "16KiB", "1B"


def record_findings(run: Run) -> Iterator[Finding]:
    """What each value of the record axes changes, and what a KeyUpdate costs."""
    for axis in RECORD_AXES:
        for workload in _NOUNS:
            yield from _costs(run, axis, workload)
    yield from _first_bytes(run)
    yield from _key_updates(run)


def _pairs(run: Run, axis: str, workload: str) -> list[Pair]:
    """The cells with a special value, each paired with the usual one, from small values to large."""
    cells = [cell for cell in run.cells if cell.axes["workload"] == workload and axis in cell.axes]
    values = {cell.axes[axis] for cell in cells} - {AXES[axis].neutral}
    ordered = sorted(values, key=lambda value: number_of(value) or 0)
    found = [pair for value in ordered for pair in pairs(cells, axis, value, AXES[axis].neutral)]
    return [pair for pair in found if not pair.beside.stray]


def _costs(run: Run, axis: str, workload: str) -> Iterator[Finding]:
    """One finding on the value that costs most, with the others in its details."""
    found = [pair for pair in _pairs(run, axis, workload) if overhead(pair.cell) is not None]
    if not found:
        return
    told = [pair for pair in found if pair.is_told_apart(run)]
    worst = max(told or found, key=lambda pair: pair.ratio().median)
    title = _WORDS[axis].format(value=worst.cell.axes[axis])
    noun = worst.cell.instrument.noun
    ratio = worst.ratio().median
    takes = f"takes {amount(ratio, ratio, noun)}" if told else f"takes no measurably different {noun}"
    named = dict(zip(map(id, found), names([pair.cell.axes for pair in found]), strict=True))
    yield Finding(
        f"{title}: {_NOUNS[workload]} {takes}, and {_overheads(worst)}",
        tuple(_detail(pair, named[id(pair)] or title, run) for pair in _some(found)),
    )


def _some(found: Sequence[Pair]) -> Sequence[Pair]:
    """All of them, or the first and the last few."""
    half = _MOST_TOLD // 2
    return found if len(found) <= _MOST_TOLD else [*found[:half], *found[-half:]]


def _overheads(pair: Pair) -> str:
    before, after = (100 * (overhead(cell) or 0) for cell in (pair.against, pair.cell))
    return f"{_percent(after)} of overhead on the wire instead of {_percent(before)}"


def _percent(value: float) -> str:
    return f"{value:,.0f} %" if value >= 10 else f"{value:.1f} %"


def _detail(pair: Pair, name: str, run: Run) -> str:
    unit = pair.cell.instrument.unit
    carried = from_to(pair.against.main.median, pair.cell.main.median, unit)
    ratio = change_with_interval(pair.ratio()) if pair.is_told_apart(run) else "no significant difference"
    before, after = (_records(cell) for cell in (pair.against, pair.cell))
    return f"{name}: {carried}, {ratio}; {before:,.0f} → {after:,.0f} records; {_overheads(pair)}"


def _records(cell: Cell) -> float:
    return ((cell.ledger.client_records or 0) + (cell.ledger.server_records or 0)) / cell.operations


def _first_bytes(run: Run) -> Iterator[Finding]:
    """How much sooner small records show their first byte over a network, and how late they make the last."""
    found = [pair for pair in _pairs(run, "record_size", "completion") if "first_byte" in pair.cell.phases]
    if not found:
        return
    named = names([pair.cell.axes for pair in found])
    best = min(found, key=lambda pair: _first_byte(pair.cell) - _first_byte(pair.against))
    unit = best.cell.instrument.unit
    sooner = _first_byte(best.against) - _first_byte(best.cell)
    later = best.cell.main.median - best.against.main.median
    last = f"{with_unit(abs(later), unit)} {'later' if later > 0 else 'sooner'}"
    size = best.cell.axes["record_size"]
    headline = (
        f"Records of {size} bytes show the first byte of an answer {with_unit(sooner, unit)} sooner over a "
        f"network, and the last {last}"
        if sooner > 0
        else "No size of records shows the first byte of an answer sooner over a network"
    )
    details = (
        f"{name or pair.cell.id}: first byte "
        f"{from_to(_first_byte(pair.against), _first_byte(pair.cell), unit)}; "
        f"last {from_to(pair.against.main.median, pair.cell.main.median, unit)}"
        for name, pair in list(zip(named, found, strict=True))[:_MOST_TOLD]
    )
    yield Finding(headline, tuple(details))


def _first_byte(cell: Cell) -> float:
    return cell.phases["first_byte"]


@dataclass(frozen=True, slots=True)
class _Update:
    """An update, the echo of a byte that it includes, and full records if they were measured."""

    cell: Cell
    echo: Cell
    bulk: Cell | None

    def beyond(self, part: str) -> float:
        """What a part takes beyond the echo."""
        return self.cell.figures[part].median - self.echo.figures[part].median

    @property
    def full_records(self) -> float | None:
        """How many full records, each sealed by one side and opened by the other, cost as much."""
        if self.bulk is None:
            return None
        return self.beyond("libraries") / (self.bulk.figures["libraries"].median / 2)

    @property
    def is_answered(self) -> bool:
        return self.cell.axes["request_update"] == AXES["request_update"].neutral


def _key_updates(run: Run) -> Iterator[Finding]:
    updates = [cell for cell in run.cells if cell.axes["workload"] == "key_update"]
    floor = run.noise_floor.get("key_update", 0.0)
    for answered in (True, False):
        found = [
            update
            for cell in updates
            if (update := _update(run, cell)) is not None
            and update.is_answered is answered
            and is_difference(ratio_of(cell, update.echo), floor)
        ]
        if found:
            yield _of_updates(found, answered=answered)


def _update(run: Run, cell: Cell) -> _Update | None:
    if "libraries" not in cell.figures:
        return None
    echo, bulk = (_like(run, cell, workload, size) for workload, size in (("echo", _BYTE), ("bulk", _FULL)))
    return _Update(cell, echo, bulk) if echo is not None else None


def _like(run: Run, cell: Cell, workload: str, size: str) -> Cell | None:
    """The cell of another workload with usual records, and the same ends, suite and keys."""
    wanted = {axis: value for axis, value in cell.axes.items() if axis not in ("workload", "request_update")}
    for other in run.cells:
        axes = other.axes
        usual = all(axes.get(axis, "") in ("", AXES[axis].neutral) for axis in RECORD_AXES)
        same = all(axes.get(axis) == value for axis, value in wanted.items())
        if same and usual and axes["workload"] == workload and axes.get("size") == size:
            return other
    return None


def _of_updates(found: Sequence[_Update], *, answered: bool) -> Finding:
    named = names([update.cell.axes for update in found])
    ordered = sorted(zip(named, found, strict=True), key=lambda one: one[1].beyond("libraries"))
    what = "A KeyUpdate that requests an answer" if answered else "A KeyUpdate that requests no answer"
    least, most = (one.beyond("libraries") for _, one in (ordered[0], ordered[-1]))
    unit = ordered[0][1].cell.instrument.unit
    costs = (
        with_unit(least, unit)
        if len(ordered) == 1
        else f"{with_unit(least, unit)} to {with_unit(most, unit)}"
    )
    return Finding(
        f"{what} costs {costs} beyond the echo of a byte",
        tuple(_of_update(name or "Both sides", update) for name, update in ordered),
    )


def _of_update(name: str, update: _Update) -> str:
    unit = update.cell.instrument.unit
    sides = ", ".join(f"{side} {with_unit(update.beyond(side), unit)}" for side in ("client", "server"))
    records = update.full_records
    terms = "" if records is None else f", as much as {records:.1f} records of 16 KiB, sealed and opened"
    sent = update.cell.client_bytes + update.cell.server_bytes
    beyond = sent - update.echo.client_bytes - update.echo.server_bytes
    return f"{name}: {with_unit(update.beyond('libraries'), unit)} ({sides}){terms}; {beyond:,.0f} bytes"
