"""A server's costs for handshakes, records and open connections, from the cells of a run."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from tlsbench.results import Cell, Run
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.sizes import parse_size
from tlsbench.session.sizing import Bytes, Costs, Scaling
from tlsbench.stats import Estimate, estimates
from tlsbench.units import BYTES, NANOSECONDS

#: Axes on which the sealing of records does not depend.
_NOT_OF_RECORDS: Final = frozenset(
    {
        *("workload", "key", "chain_length", "group", "client_auth", "intermediate_key", "root_key"),
        *("resumption", "link", "size"),
    }
)
#: Axes on which the memory of an open connection does not depend.
_NOT_OF_MEMORY: Final = frozenset({"workload", "resumption", "link"})
#: Axes that describe how threads are measured, and how a handshake is transported.
_NOT_OF_SCALING: Final = frozenset({"workload", "threads", "context", "task", "link", "size"})
#: One context for all threads, as in servers.
_SHARED: Final = "shared"
_OF_HANDSHAKES: Final = frozenset({"resumption"})


def is_full_handshake(cell: Cell) -> bool:
    """Whether a cell is a full handshake, measured in time."""
    return (
        cell.axes["workload"] == "handshake"
        and cell.axes.get("resumption") == "none"
        and cell.instrument.unit is NANOSECONDS
        and "server" in cell.figures
    )


def costs_of(run: Run, full: Cell, resumption: str) -> tuple[Costs, Mapping[str, str]]:
    """The costs of the server of a full handshake, from the cells of the run that match it.

    :param resumption: how sessions are resumed.
    :returns: the costs, with None for what the run did not measure, and the id of the cell behind each, by
        name.
    """
    resumed = _like(run, full, "handshake", _OF_HANDSHAKES, {"resumption": resumption})
    bulk = _like(run, full, "bulk", _NOT_OF_RECORDS)
    memory = _like(run, full, "memory", _NOT_OF_MEMORY)
    cells = {"full handshakes": full, "resumed handshakes": resumed, "records": bulk, "memory": memory}
    found = {what: cell for what, cell in cells.items() if cell is not None}
    servers = dict(zip(found, _servers(list(found.values())), strict=True))
    per_byte, of_bytes = _records(bulk, servers.get("records"))
    costs = Costs(
        full_ns=servers["full handshakes"],
        full_bytes=Bytes(full.client_bytes, full.server_bytes),
        resumed_ns=servers.get("resumed handshakes"),
        resumed_bytes=Bytes() if resumed is None else Bytes(resumed.client_bytes, resumed.server_bytes),
        byte_ns=per_byte,
        byte_bytes=of_bytes,
        memory_bytes=servers.get("memory"),
        scaling=scaling_of(run, full),
    )
    return costs, {what: cell.id for what, cell in found.items()}


def scaling_of(run: Run, full: Cell) -> Scaling:
    """How throughput scales with threads, if the run has measured it (``workload=scaling``).

    This is for handshakes with both ends in one thread, on up to as many threads as there are processors.
    """
    cells = {
        int(cell.axes["threads"]): cell
        for cell in run.cells
        if cell.axes["workload"] == "scaling"
        and _is_count(cell.axes.get("threads", ""))
        and cell.axes.get("task", "handshake") == "handshake"
        and cell.axes.get("context", _SHARED) == _SHARED
        and "total" in cell.figures
        and _is_like(cell, full, _NOT_OF_SCALING)
        and int(cell.axes["threads"]) <= _processors(cell)
    }
    if not {1} < cells.keys():
        return Scaling(is_void=any(one.id.startswith("workload=scaling ") for one in run.failures))
    totals = [cell.figures["total"] for cell in cells.values()]
    drawn = estimates([one.round_medians for one in totals], [one.median for one in totals])
    by_count = dict(zip(cells, drawn, strict=True))
    return Scaling({count: by_count[1] / (time * count) for count, time in sorted(by_count.items())})


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0


def _processors(cell: Cell) -> float:
    """The number of processors that the measuring process could use; infinite if it was not recorded."""
    noted = cell.negotiated.get("processors")
    return noted if isinstance(noted, int) else math.inf


def _is_like(cell: Cell, full: Cell, but: Collection[str]) -> bool:
    """Whether a cell has the axes of a handshake, apart from ``but``, and neutral values for all others."""
    return all(
        value == full.axes.get(axis, AXES[axis].neutral if axis in AXES else "")
        for axis, value in cell.axes.items()
        if axis not in but
    )


def _like(
    run: Run,
    full: Cell,
    workload: str,
    but: Collection[str],
    special: Mapping[str, str] | None = None,
) -> Cell | None:
    """The cell of a workload that has the axes of a handshake, apart from ``but``; the closest of several."""
    unit = BYTES if workload == "memory" else NANOSECONDS

    def differences(cell: Cell) -> int:
        return sum(cell.axes.get(axis, value) != value for axis, value in full.axes.items())

    fitting = [
        cell
        for cell in run.cells
        if cell.axes["workload"] == workload
        and cell.instrument.unit is unit
        and "server" in cell.figures
        and all(cell.axes.get(axis) == value for axis, value in (special or {}).items())
        and _is_like(cell, full, but)
    ]
    return min(fitting, key=differences, default=None)


def _servers(cells: Sequence[Cell]) -> list[Estimate]:
    """The servers' cost per operation in each cell, resampled from the same rounds."""
    figures = [cell.figures["server"] for cell in cells]
    return estimates([one.round_medians for one in figures], [one.median for one in figures])


def _records(bulk: Cell | None, server: Estimate | None) -> tuple[Estimate | None, Bytes]:
    """A server's processor time for each byte that it sends, and the bytes on the wire for it.

    The server of a bulk cell opens as much as it seals; its phases show how much of its time is sealing.
    """
    if bulk is None or server is None or "size" not in bulk.axes:
        return None, Bytes()
    size = parse_size(bulk.axes["size"])
    seal, opening = bulk.phases.get("server_seal"), bulk.phases.get("server_open")
    share = seal / (seal + opening) if seal and opening else 0.5
    return server * (share / size), Bytes(0.0, bulk.server_bytes / size)
