"""Where the time of a handshake goes: how much of each side is a few operations, and what is left."""

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

#: The operations that a handshake is known by; the others are its ways to them.
_ASYMMETRIC = (KEY_SHARE, AGREEMENT, SIGNATURE, VERIFICATION)
#: Of a rest in several rows.
_MOST_NAMED = 4
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def parts_findings(run: Run) -> Iterator[Finding]:
    """For each side of each cell that was taken apart and adds up, the server first."""
    cells = cells_with_parts(run)
    for cell, label in zip(cells, labels_of(cells) if len(cells) > 1 else [""] * len(cells), strict=True):
        for side in reversed(SIDES):
            if by_part(cell.parts, side) and is_balanced(cell, side):
                yield _finding(cell, side, f" with {label}" if label else "")


def _finding(cell: Cell, side: str, with_what: str) -> Finding:
    whole, costs = balance(cell, side), by_part(cell.parts, side)
    asymmetric = [one for one in cell.parts if one.side == side and one.part in _ASYMMETRIC]
    cost = sum(one.interval.median for one in asymmetric)
    others = {part: costs[part] for part in costs if part not in _ASYMMETRIC and part != REST}
    left = [one for one in cell.parts if one.side == side and one.part == REST]
    what = "instructions" if cell.instrument is CALLGRIND else "time"
    of = (
        f"Of the server's {_whole(cell, side)}"
        if side == "server"
        else f"Of the client's {_whole(cell, side)}"
    )
    details = [
        f"{part}: {shown(found, cell)}" for part in _ASYMMETRIC if (found := costs.get(part)) is not None
    ]
    details += [f"{', '.join(f'{part} {shown(found, cell)}' for part, found in others.items())}"]
    rest = _with_interval(left[0], cell) if len(left) == 1 else _one_by_one(left, cell)
    details += [
        f"The rest is {rest}, together {100 * costs[REST] / whole:.0f} % of the {what}"
        if len(left) > 1
        else f"The rest is {rest}, {100 * costs[REST] / whole:.0f} % of the {what}"
    ]
    if not asymmetric:
        small = sum(others.values())
        return Finding(
            f"{of}{with_what} none is public-key cryptography: {shown(small, cell)} is symmetric, and "
            f"{shown(costs[REST], cell)} the rest: parsing, allocation, state",
            tuple(details),
        )
    return Finding(
        f"{of}{with_what}, {shown(cost, cell)} ({100 * cost / whole:.0f} %) {_operations(asymmetric)}; "
        f"{shown(sum(others.values()), cell)} are key schedule, records, hashing and allocation, and "
        f"{shown(costs[REST], cell)} the rest: parsing, state, cold caches",
        tuple(details),
    )


def _whole(cell: Cell, side: str) -> str:
    return shown(balance(cell, side), cell)


def _operations(found: Sequence[CellPart]) -> str:
    """How many public-key operations these are, where that is known."""
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
