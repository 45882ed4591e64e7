"""The picture of where a handshake's time goes: each side a bar, its parts stacked."""

from __future__ import annotations

from typing import Final

from tlsbench.report.beside import of_names
from tlsbench.report.ledger import balance, cells_with_parts, shown
from tlsbench.report.naming import labels_of, scenario_of
from tlsbench.report.pictures.choosing import at_equal_ranks, median_of
from tlsbench.report.pictures.shapes import MOST_BARS, Bars, Picture
from tlsbench.results import Run
from tlsbench.results.parts import SIDES, by_part
from tlsbench.units import INSTRUCTIONS
from tlsbench.workloads.parts import PARTS, REST

_HOW: Final = {
    False: "its operations as measured alone in the same rounds",
    True: "what was executed below its library's calls",
}


def parts(run: Run) -> Picture | None:
    """What each side of a handshake consists of."""
    apart = cells_with_parts(run)
    alike = [cell for cell in apart if cell.instrument is apart[0].instrument]
    found = at_equal_ranks(alike, MOST_BARS // 2, median_of, "the least to the most")
    if not found.items:
        return None
    cells = found.items
    unit = cells[0].instrument.unit
    named = labels_of(cells) if len(cells) > 1 else [""]
    bars = [
        (cell, side, f"{side} {label}".strip())
        for cell, label in zip(cells, named, strict=True)
        for side in SIDES
        if by_part(cell.parts, side)
    ]
    costs = [by_part(cell.parts, side) for cell, side, _ in bars]
    used = [part for part in PARTS if any(part in one for one in costs)]
    return Picture(
        "parts",
        "Where a handshake goes",
        f"How the cost of each side of a handshake divides, in {unit.shown}: {_HOW[unit is INSTRUCTIONS]}, "
        "and the rest. A negative rest is not drawn."
        f"{found.words}",
        Bars(
            [label for _, _, label in bars],
            {
                part: [
                    max(0.0, unit.to_shown(one[part])) if part in one else (0.0 if part == REST else None)
                    for one in costs
                ]
                for part in used
            },
            unit.shown,
            texts=[shown(balance(cell, side), cell) for cell, side, _ in bars],
        ),
        beside=of_names(cells),
        scenario=scenario_of(cells),
        drawn=[at for at, (cell, _, _) in enumerate(bars) if cells.index(cell) in found.drawn]
        if found.drawn
        else (),
    )
