"""Where the time of a handshake goes: how much of each side a few operations take, and what is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tlsbench.report.findings.finding import Finding
from tlsbench.report.ledger import balance, cells_with_parts, is_balanced, shown
from tlsbench.report.naming import labels_of
from tlsbench.results import Cell, Run
from tlsbench.results.parts import SIDES, CellPart, by_part
from tlsbench.sampling.instruments import CALLGRIND
from tlsbench.workloads.parts import REST
from tlsbench.workloads.parts.bill import AGREEMENT, KEY_SHARE, SIGNATURE, VERIFICATION

#: The public-key operations of a handshake; the others surround them.
_ASYMMETRIC = (KEY_SHARE, AGREEMENT, SIGNATURE, VERIFICATION)
#: With more cells than the first, each has only its headline; with more than the second, two are described.
_MOST_IN_FULL, _MOST_CELLS = 2, 4
#: The most rows to name of a rest that has several.
_MOST_NAMED = 4
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def parts_findings(run: Run) -> Iterator[Finding]:
    """A finding for each side of each cell with parts that add up, the server first.

    If there are several cells, the details are left to the table; if there are many, only those with the
    least and the greatest share of rest are described.
    """
    cells = cells_with_parts(run)
    names = labels_of(cells) if len(cells) > 1 else [""] * len(cells)
    for side in reversed(SIDES):
        told = [
            (cell, name)
            for cell, name in zip(cells, names, strict=True)
            if by_part(cell.parts, side) and is_balanced(cell, side) and balance(cell, side) > 0
        ]
        if len(told) > _MOST_CELLS:
            ranked = sorted(told, key=lambda one: by_part(one[0].parts, side)[REST] / balance(one[0], side))
            told = [ranked[0], ranked[-1]]
        for cell, name in told:
            finding = _finding(cell, side, f" with {name}" if name else "")
            yield finding if len(cells) <= _MOST_IN_FULL else Finding(finding.headline)


def _finding(cell: Cell, side: str, with_what: str) -> Finding:
    whole, costs = balance(cell, side), by_part(cell.parts, side)
    asymmetric = [one for one in cell.parts if one.side == side and one.part in _ASYMMETRIC]
    cost = sum(one.interval.median for one in asymmetric)
    others = {part: costs[part] for part in costs if part not in _ASYMMETRIC and part != REST}
    of = f"Of the {side}'s {_whole(cell, side)}{with_what}"
    details = [f"{part}: {shown(costs[part], cell)}" for part in _ASYMMETRIC if part in costs]
    details.append(", ".join(f"{part} {shown(found, cell)}" for part, found in others.items()))
    details.append(_rest(cell, side, costs[REST] / whole))
    small, rest = shown(sum(others.values()), cell), f"{shown(costs[REST], cell)} the rest: parsing, state"
    rest += "" if cell.instrument is CALLGRIND else ", cold caches"
    if not asymmetric:
        return Finding(
            f"{of}, none is public-key cryptography: {small} are key schedule, records, hashing and "
            f"allocation, and {rest}",
            tuple(details),
        )
    return Finding(
        f"{of}, {shown(cost, cell)} ({100 * cost / whole:.0f} %) {_operations(asymmetric)}; {small} are key "
        f"schedule, records, hashing and allocation, and {rest}",
        tuple(details),
    )


def _rest(cell: Cell, side: str, share: float) -> str:
    left = [one for one in cell.parts if one.side == side and one.part == REST]
    if len(left) == 1:
        return f"The rest is {_with_interval(left[0], cell)}, {100 * share:.0f} % of the time"
    return f"The rest is {_one_by_one(left, cell)}, together {100 * share:.0f} % of the instructions"


def _whole(cell: Cell, side: str) -> str:
    """The table's figure for the side, or the sum of its parts if the table has only both sides together."""
    return shown(cell.figures[side].median if side in cell.figures else balance(cell, side), cell)


def _operations(found: Sequence[CellPart]) -> str:
    """The number of public-key operations in words, if it is known."""
    count = round(sum(one.count for one in found))
    if not count:
        return "are public-key operations"
    word = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return "is one public-key operation" if count == 1 else f"are {word} public-key operations"


def _one_by_one(left: Sequence[CellPart], cell: Cell) -> str:
    largest = sorted(left, key=lambda one: -one.interval.median)[:_MOST_NAMED]
    return ", ".join(f"{one.operation} {shown(one.interval.median, cell)}" for one in largest)


def _with_interval(one: CellPart, cell: Cell) -> str:
    low, high = one.interval.low, one.interval.high
    return f"{shown(one.interval.median, cell)} [{shown(low, cell)}, {shown(high, cell)}]"
