"""The tables of a run: which columns there are, and what is in them.

There is one table for each workload, because their columns differ. Axes with the same value in every row go
into the header; the rest are columns. The cells of the table are values; the renderers format them.

Ratios compare cells that do the same amount of the same work: of the same size and kind of operation, and
with the same round-trip time. If a table has several kinds of work, each has its own baseline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from tlsbench.report.columns import MAIN, Column, Row
from tlsbench.report.digits import format_count, format_duration_ms, format_duration_us, format_us
from tlsbench.report.naming import follows
from tlsbench.report.scaling_columns import CONTROLS, THREADS
from tlsbench.results import Cell, Run
from tlsbench.results.likeness import likeness
from tlsbench.sampling import Instrument
from tlsbench.sampling.instruments import CALLGRIND
from tlsbench.scenarios.axes import AXES, ONE_SIDED_WORKLOADS, TLS_WORKLOADS
from tlsbench.scenarios.sizes import parse_size
from tlsbench.stats import Interval, compare_counts, is_difference, paired_ratio, with_addresses

#: Follows a ratio to a cell that differs in more than the columns show.
MARK: Final = "†"
#: By what cells may differ in, the columns that show it.
_SEEN: Final = {"round trips": {"round_trips", "handshake_rtts"}, "flights": {"flights"}}
#: Axes that change the amount or the kind of a cell's work; see :func:`like_work`.
_WORK = ("size", "operation", "task", "rtt")


@dataclass(frozen=True, slots=True)
class Table:
    """All the rows of one workload."""

    workload: str
    constants: dict[str, str]
    axes: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def seen(self) -> list[str]:
        """What cells may differ in that has a column of its own."""
        names = {column.name for column in self.columns}
        return [what for what, columns in _SEEN.items() if columns & names]

    def ratio_mark(self, row: Row) -> str:
        """:data:`MARK` if a row differs from its baseline in more than the columns show, otherwise ``""``."""
        return MARK if row.beside.words(self.seen) else ""


def _shown(part: str) -> Callable[[Row], float]:
    """The median of a part, in the unit that people read."""
    return lambda row: row.cell.instrument.unit.to_shown(row.cell.figures[part].median)


def megabytes_per_s(cell: Cell) -> float | None:
    """Payload per time in the libraries: both ways and both ends of a stream on one core (MB = 10^6 B)."""
    axes = cell.axes
    if "size" not in axes:
        return None
    ways = 1 if axes["workload"] == "primitive" else 2
    return ways * parse_size(axes["size"]) / cell.main.median * 1e3


def _tickets(row: Row) -> float | None:
    tickets = row.cell.negotiated.get("tickets")
    return float(tickets) if isinstance(tickets, int) else None


def _datagrams(row: Row) -> float | None:
    """The datagrams of both sides for one operation, like the bytes on the wire."""
    ledger = row.cell.ledger
    if ledger.client_datagrams is None or ledger.server_datagrams is None:
        return None
    return (ledger.client_datagrams + ledger.server_datagrams) / row.cell.operations


def _records(row: Row) -> float | None:
    """The records of both sides for one operation."""
    ledger = row.cell.ledger
    if ledger.client_records is None or ledger.server_records is None:
        return None
    return (ledger.client_records + ledger.server_records) / row.cell.operations


def overhead(cell: Cell) -> float | None:
    """The bytes on the wire beyond the payload, both ways, relative to it; None if it is unknown."""
    if "size" not in cell.axes or cell.ledger.client_records is None:
        return None
    payload = 2 * parse_size(cell.axes["size"])
    return (cell.client_bytes + cell.server_bytes) / payload - 1


def _overhead_percent(row: Row) -> float | None:
    found = overhead(row.cell)
    return None if found is None else 100 * found


def _shown_phase(name: str) -> Callable[[Row], float | None]:
    """The median of a phase, in the unit that people read."""

    def shown(row: Row) -> float | None:
        taken = row.cell.phases.get(name)
        return None if taken is None else row.cell.instrument.unit.to_shown(taken)

    return shown


def _phase(name: str) -> Callable[[Row], float | None]:
    return lambda row: row.cell.phases.get(name)


def _p99(row: Row) -> float:
    """The 99th percentile in µs: of the cell's main part, or of one operation within threads."""
    cell = row.cell
    return (cell.figures["p99"].median if "p99" in cell.figures else cell.main.p99) / 1e3


_NETWORK = ("completion",)
_STREAMED = ("bulk", "primitive")
_OF_RECORDS = ("bulk", "echo", "key_update")
#: From this percentage on, no decimals are shown.
_LARGE_PERCENT = 10
COLUMNS = (
    Column("client_us", "client µs", _shown("client"), format_duration_us, 9, TLS_WORKLOADS),
    Column("server_us", "server µs", _shown("server"), format_duration_us, 9, TLS_WORKLOADS),
    Column("libraries_us", "both µs", _shown("libraries"), format_duration_us, MAIN, heading_alone="µs"),
    Column("handshake_ms", "handshake ms", _shown_phase("handshake"), format_duration_ms, 9, _NETWORK),
    Column("first_byte_ms", "first byte ms", _shown_phase("first_byte"), format_duration_ms, 8, _NETWORK),
    Column("total_ms", "complete ms", _shown("total"), format_duration_ms, MAIN, _NETWORK),
    Column(
        "p90_ms", "p90 ms", lambda row: row.cell.figures["total"].p90 / 1e6, format_duration_ms, 5, _NETWORK
    ),
    Column(
        "p99_ms", "p99 ms", lambda row: row.cell.figures["total"].p99 / 1e6, format_duration_ms, 6, _NETWORK
    ),
    Column("client_ms", "client CPU ms", _shown("client"), format_duration_ms, 7, _NETWORK),
    Column("server_ms", "server CPU ms", _shown("server"), format_duration_ms, 7, _NETWORK),
    Column("handshake_rtts", "RTTs", _phase("handshake_round_trips"), format_count, 9, _NETWORK),
    Column("rtts", "RTTs in all", _phase("round_trips"), format_count, 6, _NETWORK),
    Column("segments", "segments", _phase("segments"), format_count, 3, _NETWORK),
    Column("retransmissions", "sent again", _phase("retransmissions"), format_count, 4, _NETWORK),
    Column("client_kib", "client KiB", _shown("client"), format_us, 9),
    Column("server_kib", "server KiB", _shown("server"), format_us, 9),
    Column("client_peak_kib", "client peak", _shown_phase("client_peak"), format_us, 8),
    Column("server_peak_kib", "server peak", _shown_phase("server_peak"), format_us, 8),
    Column("total_kib", "total KiB", _shown("total"), format_us, MAIN),
    Column(
        "precision_percent",
        "±",
        lambda row: 100 * row.cell.precision,
        lambda percent: f"{percent:.1f}%",
        MAIN,
    ),
    *THREADS,
    Column("p99_us", "p99 µs", _p99, format_duration_us, 1),
    Column("ops_per_s", "ops/s", lambda row: row.cell.operations_per_s, format_count, 5),
    *CONTROLS,
    Column(
        "server_ops_per_s",
        "server/s",
        lambda row: row.cell.server_operations_per_s,
        format_count,
        4,
        ("handshake", "echo", "request"),
    ),
    Column("mb_per_s", "MB/s", lambda row: megabytes_per_s(row.cell), format_count, 9, _STREAMED),
    Column("client_bytes", "B c→s", lambda row: row.cell.client_bytes, format_count, 2, TLS_WORKLOADS),
    Column("server_bytes", "B s→c", lambda row: row.cell.server_bytes, format_count, 2, TLS_WORKLOADS),
    Column(
        "flights",
        "flights",
        lambda row: row.cell.ledger.flights,
        format_count,
        2,
        ("handshake", "echo", "request"),
    ),
    Column("records", "records", _records, format_count, 3, _OF_RECORDS),
    Column(
        "overhead_percent",
        "overhead",
        _overhead_percent,
        lambda percent: f"{percent:.1f}%" if percent < _LARGE_PERCENT else f"{percent:,.0f}%",
        4,
        _OF_RECORDS[:2],
    ),
    Column("datagrams", "datagrams", _datagrams, format_count, 3, ("handshake", "bulk", "echo", "request")),
    Column("tcp_open_us", "TCP µs", _shown_phase("tcp_open"), format_duration_us, 4, ("handshake",)),
    Column("total_us", "total µs", _shown("total"), format_duration_us, 1, TLS_WORKLOADS),
    Column("round_trips", "RTTs", lambda row: row.cell.ledger.round_trips, format_count, 6, ("handshake",)),
    Column(
        "client_tickets_us",
        "tickets µs",
        _shown_phase("client_tickets"),
        format_duration_us,
        2,
        ("handshake",),
    ),
    Column("tickets_sent", "tickets sent", _tickets, format_count, 5, ("handshake",)),
    Column("harness_us", "harness µs", _shown("harness"), format_duration_us, 1, TLS_WORKLOADS),
    Column("ratio", "× base", lambda row: row.ratio.median, lambda ratio: f"{ratio:.2f}", 8),
    Column("instructions", "instructions", lambda row: row.cell.main.median, format_count, MAIN),
    Column(
        "spread_percent",
        "spread",
        lambda row: 200 * row.cell.precision,
        lambda percent: f"{percent:.3f}%",
        MAIN,
    ),
)


#: Columns that a table has only if one of its cells has a figure for them.
OPTIONAL: Final = frozenset(
    (
        *("datagrams", "records", "overhead_percent"),
        *("round_trips", "client_tickets_us", "tickets_sent", "tcp_open_us"),
    )
)


def tables(run: Run, is_baseline: Callable[[Cell], bool] | None = None) -> list[Table]:
    """The tables of a run, one for each workload in it.

    :param is_baseline: picks the row with which the others of like work are compared; without it, or if it
        picks none, it is the first of them.
    """
    return [
        _table(workload, list(cells), run, is_baseline)
        for workload, cells in groupby(
            sorted(run.cells, key=lambda cell: AXES["workload"].values.index(cell.axes["workload"])),
            key=lambda cell: cell.axes["workload"],
        )
    ]


def _table(
    workload: str, cells: Sequence[Cell], run: Run, is_baseline: Callable[[Cell], bool] | None
) -> Table:
    names = [axis for axis in AXES if any(axis in cell.axes for cell in cells)]
    values = {axis: [cell.axes.get(axis, "") for cell in cells] for axis in names}
    constants = {axis: column[0] for axis, column in values.items() if len(set(column)) == 1}
    varying = [axis for axis in names if axis not in constants]
    # A cipher suite's long name often follows from the other columns: then the header lists it.
    others = [axis for axis in varying if axis != "cipher"]
    if "cipher" in varying and others and follows(values["cipher"], [values[axis] for axis in others]):
        varying = others
        constants["cipher"] = ", ".join(dict.fromkeys(values["cipher"]))
    alike: dict[tuple[str, ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        alike[like_work(cell)].append(cell)
    baselines = {
        work: next(filter(is_baseline, members), members[0]) if is_baseline else members[0]
        for work, members in alike.items()
    }
    rows = tuple(_row(cell, baselines[like_work(cell)], run, varying) for cell in cells)
    return Table(
        workload=workload,
        constants={axis: value for axis, value in constants.items() if value != AXES[axis].neutral},
        axes=tuple(varying),
        columns=tuple(
            column
            for column in _columns_of(workload, cells[0].instrument)
            if column.name not in OPTIONAL or any(column.value(row) is not None for row in rows)
        ),
        rows=rows,
    )


def like_work(cell: Cell) -> tuple[str, ...]:
    """What distinguishes the work of a cell from that of others in its workload.

    This is the size, the operation on a certificate, the round-trip time of a network, and the operation of a
    primitive, such as ``encrypt``: algorithms that do the same can be compared, as can both RSA paddings.
    """
    work = tuple(cell.axes.get(axis, "") for axis in _WORK)
    operation = cell.axes.get("algorithm", "").rpartition("/")[2]
    return (*work, operation.removesuffix("_pkcs1").removesuffix("_oaep"))


def _columns_of(workload: str, instrument: Instrument) -> tuple[Column, ...]:
    """The columns that an instrument shows for a workload, in the instrument's order."""
    is_alone = workload in ONE_SIDED_WORKLOADS
    named = {
        column.name: replace(column, heading=column.heading_alone or column.heading) if is_alone else column
        for column in COLUMNS
        if workload in column.workloads
    }
    return tuple(named[name] for name in instrument.columns if name in named)


def _row(cell: Cell, baseline: Cell, run: Run, compared: Sequence[str]) -> Row:
    ratio = ratio_of(cell, baseline)
    return Row(
        cell=cell,
        ratio=ratio,
        is_baseline=cell is baseline,
        is_different=is_difference(ratio, run.noise_floor.get(cell.axes["workload"], 0.0)),
        reached=cell.precision <= (run.conditions.precision or float("inf")),
        beside=likeness(cell, baseline, compared),
    )


def ratio_of(cell: Cell, baseline: Cell, part: str = "") -> Interval:
    """The ratio of a cell to another of its run, round by round, with its 95 % interval.

    Findings, tables and pictures all use this ratio.

    :param part: such as ``client``; by default, the main part of the cells (:attr:`Cell.main`).
    :returns: an unbounded interval if there is nothing to divide.
    """
    ours, theirs = (one.figures[part or one.instrument.main].round_medians for one in (cell, baseline))
    if cell.instrument is CALLGRIND:
        return compare_counts(theirs, ours).ratio
    shared = min(len(ours), len(theirs))
    if not shared or any(value <= 0 for value in theirs[:shared]):
        return Interval(float("-inf"), 1.0, float("inf"))
    ratio = paired_ratio(ours[:shared], theirs[:shared])
    if cell == baseline:
        return ratio
    rounds = [one / other for one, other in zip(ours, theirs, strict=False)]
    return with_addresses(ratio, rounds, cell.processes, cells=2)
