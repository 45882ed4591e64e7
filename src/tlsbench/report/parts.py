"""The ledger of a handshake as sheets: each side as the sum of its parts, and what these consist of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tlsbench.report.ledger import balance, cells_with_parts, digits, is_balanced, shown
from tlsbench.report.naming import labels_of
from tlsbench.report.sheets import Entry, Field, Figure, Sheet
from tlsbench.results import Cell, Run
from tlsbench.results.parts import SIDES, CellPart, by_part
from tlsbench.sampling.instruments import CALLGRIND
from tlsbench.workloads.parts import PARTS, REST
from tlsbench.workloads.parts.bill import ALLOCATION

#: With more cells than this, each part is a column, and the operations are only in the JSON.
_MOST_IN_FULL = 2
NOTE_OF_PRICES = (
    "a part is the sum of its operations, each measured alone on the same engine in the same rounds, warm "
    "and without TLS, times its count in the handshake; allocation is the time to create the end; the rest "
    "is what remains: writing and parsing messages, decoding certificates, state, tickets, and cold caches"
)
NOTE_OF_COUNTS = (
    "a part is the instructions executed in calls from the library's protocol code into its cryptography, "
    "for each side separately; the rest is the protocol code itself, calls that belong to no part, and Python"
)


def sheets_of_parts(run: Run) -> list[Sheet]:
    """The ledgers of a run: in full for a few cells, with a column per part for more."""
    cells = cells_with_parts(run)
    if len(cells) > _MOST_IN_FULL:
        return [_overview(cells)]
    return [_in_full(cell, label) for cell, label in zip(cells, _names(cells), strict=True)]


def notes_on_parts(run: Run) -> list[str]:
    """How to read the ledgers of a run, and where one does not add up."""
    cells = cells_with_parts(run)
    notes = {NOTE_OF_COUNTS if cell.instrument is CALLGRIND else NOTE_OF_PRICES for cell in cells}
    unbalanced = [
        f"the parts and the rest of the {side} add up to {shown(balance(cell, side), cell)}, not to what was "
        f"measured: {cell.label}"
        for cell in cells
        for side in SIDES
        if not is_balanced(cell, side)
    ]
    return [*sorted(notes), *unbalanced]


def _names(cells: Sequence[Cell]) -> list[str]:
    return labels_of(cells) if len(cells) > 1 else [""] * len(cells)


def _unit(cell: Cell) -> str:
    return cell.instrument.unit.shown


def _in_full(cell: Cell, label: str) -> Sheet:
    return Sheet(
        f"parts of {label}" if label else "parts",
        [
            Field("side", "side", "label"),
            Field("part", "part", "label"),
            Field("operation", "operation", "label", weight=9),
            Field("count", "×", weight=8),
            Field("bytes", "bytes", weight=5),
            Field("cost", _unit(cell), weight=12),
            Field("interval", "95 %", weight=6),
            Field("share", "share", weight=11),
            Field("source", "by", "label", weight=4),
        ],
        [entry for side in SIDES for entry in _rows(cell, side)],
    )


def _rows(cell: Cell, side: str) -> Iterator[Entry]:
    whole = balance(cell, side)
    rows = [one for one in cell.parts if one.side == side]
    for one in rows:
        yield Entry(
            f"{cell.id} {side} {one.part} {one.operation}".strip(),
            {"side": side, "part": one.part, "operation": one.operation, "source": one.source},
            {
                "count": Figure(one.count, f"{one.count:g}" if one.count and one.part != REST else ""),
                "bytes": Figure(one.size_bytes, f"{one.size_bytes:,}" if one.size_bytes else ""),
                "cost": Figure(one.interval.median, digits(one.interval.median, cell)),
                "interval": Figure(None, _ends(one, cell)),
                "share": Figure(
                    one.interval.median / whole if whole > 0 else None, _share(one.interval.median, whole)
                ),
            },
        )
    if rows:
        yield Entry(
            f"{cell.id} {side}",
            {"side": side, "part": "together", "operation": "", "source": ""},
            {"cost": Figure(whole, digits(whole, cell)), "share": Figure(1.0, "100 %")},
        )


def _ends(one: CellPart, cell: Cell) -> str:
    low, high = one.interval.low, one.interval.high
    if low == high:
        return ""  # counted once
    return f"{digits(low, cell)}–{digits(high, cell)}" if math.isfinite(high - low) else "?"


def _share(cost: float, whole: float) -> str:
    return f"{100 * cost / whole:.0f} %".replace("-", "−") if whole > 0 else ""


def _overview(cells: Sequence[Cell]) -> Sheet:
    used = [part for part in PARTS if any(one.part == part for cell in cells for one in cell.parts)]
    units = {_unit(cell) for cell in cells}
    return Sheet(
        f"parts, in {', '.join(sorted(units))}",
        [
            Field("cell", "cell", "label"),
            Field("side", "side", "label"),
            *(Field(part, part, weight=_weight(part)) for part in used),
            Field("together", "together", weight=12),
        ],
        [
            Entry(
                f"{cell.id} {side}",
                {"cell": label, "side": side},
                {
                    **{
                        part: Figure(cost, digits(cost, cell))
                        for part, cost in by_part(cell.parts, side).items()
                    },
                    "together": Figure(balance(cell, side), digits(balance(cell, side), cell)),
                },
            )
            for cell, label in zip(cells, _names(cells), strict=True)
            for side in SIDES
            if by_part(cell.parts, side)
        ],
    )


def _weight(part: str) -> int:
    return {REST: 11, ALLOCATION: 5}.get(part, 8)
