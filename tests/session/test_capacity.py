"""From a run to a capacity: which cells it uses, which alternatives it shows, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.results.documents import FOLDER, NAMES

from tlsbench.errors import RequestError
from tlsbench.report.capacity import scaling_words
from tlsbench.results import Cell, Failure, Run
from tlsbench.results.reader import read_file
from tlsbench.session.capacity import (
    ASKED,
    KEY,
    LIBRARY,
    LIFETIME,
    SHARE,
    Capacity,
    capacity_of,
)
from tlsbench.session.capacity_request import CapacityRequest, cells_for
from tlsbench.session.sizing import Demand
from tlsbench.stats import Estimate, Summary
from tlsbench.units import BYTES

RunOf = Callable[[str], Run]
DEMAND = Demand(connections_per_s=20_000, resumed=0.6, transfer_bytes=51_200, open_connections=1000)
FAKE = "implementation=fake version=1.3 key=ecdsa-secp256r1,rsa-2048"


def ask(*selectors: str, demand: Demand = DEMAND, **more: object) -> CapacityRequest:
    return CapacityRequest(demand=demand, selectors=selectors, **more)  # type: ignore[arg-type]


def with_server(cell: Cell, nanoseconds: float) -> Cell:
    """The cell with another time for the server, in twenty rounds."""
    rounds = tuple(nanoseconds * (1 + step / 1000) for step in range(-10, 11))
    summary = Summary(cell.figures["server"].interval, rounds[-1], rounds[-1], rounds)
    summary = replace(summary, interval=replace(summary.interval, median=nanoseconds))
    return replace(cell, figures={**cell.figures, "server": summary})


@pytest.fixture
def measured(run_of: RunOf) -> Run:
    """Full handshakes of 400 µs (RSA: 1,000), resumed ones of 200, records of 16 KiB sealed in 8 µs."""
    run = run_of(f"resumption=none,psk {FAKE}")
    records = run_of(f"workload=bulk {FAKE}")
    times = {
        ("handshake", "none", "ecdsa-secp256r1"): 400_000,
        ("handshake", "psk", "ecdsa-secp256r1"): 200_000,
        ("handshake", "none", "rsa-2048"): 1_000_000,
        ("handshake", "psk", "rsa-2048"): 200_000,
    }
    cells = []
    for cell in (*run.cells, *records.cells):
        what = cell.axes["workload"], cell.axes.get("resumption", ""), cell.axes["key"]
        changed = with_server(cell, times.get(what, 16_000))
        cells.append(replace(changed, phases={**cell.phases, "server_seal": 8000.0, "server_open": 8000.0}))
    return replace(run, cells=cells)


def choices(capacity: Capacity, of: str) -> dict[str, float]:
    return {one.name: one.sizing.cores.value for one in capacity.choices if one.of == of}


def test_cores_follow_from_the_servers_of_measured_cells(measured: Run) -> None:
    found = capacity_of(ask(), measured)
    parts = {part.name: part for part in found.asked.parts}
    assert parts["full handshakes"].cores.value == pytest.approx(20_000 * 0.4 * 400e-6)
    assert parts["resumed handshakes"].cores.value == pytest.approx(20_000 * 0.6 * 200e-6)
    assert parts["records"].each_ns.value == pytest.approx(8000 * 51_200 / 16_384)
    assert found.asked.busy_cores.interval.low < found.asked.busy_cores.value
    assert found.asked.memory_bytes is None  # fake keeps nothing
    assert found.axes["key"] == "ecdsa-secp256r1"
    assert set(found.sources) == {"full handshakes", "resumed handshakes", "records"}


def test_the_first_value_of_an_axis_is_what_is_asked_and_others_stand_beside_it(measured: Run) -> None:
    found = capacity_of(ask("key=rsa-2048,ecdsa-secp256r1"), measured)
    assert found.axes["key"] == "rsa-2048"
    (cheaper,) = choices(found, KEY).items()
    assert cheaper[0] == "ecdsa-secp256r1"
    assert cheaper[1] < found.asked.cores.value
    assert found.choices[0].of == ASKED


def test_shares_and_ticket_lifetimes_are_choices_too(measured: Run) -> None:
    found = capacity_of(ask(), measured)
    shares, lifetimes = choices(found, SHARE), choices(found, LIFETIME)
    assert shares["0 %"] > shares["50 %"] > found.asked.cores.value > shares["95 %"]
    names = list(lifetimes)
    assert names[0].startswith("5 min:")
    assert names[-1].startswith("7 d:")
    ordered = list(lifetimes.values())
    assert ordered == sorted(ordered, reverse=True)
    assert not [one for one in capacity_of(ask(alone=True), measured).choices if one.of != ASKED]


def test_what_is_beyond_tls_is_added_to_every_choice(measured: Run) -> None:
    plain = capacity_of(ask(), measured)
    more = capacity_of(ask(beyond_ns=Estimate.exact(100_000.0)), measured)
    for one, other in zip(plain.choices, more.choices, strict=True):
        assert other.sizing.cores.value - one.sizing.cores.value == pytest.approx(2.0)


def test_memory_is_of_cells_that_count_bytes(measured: Run) -> None:
    full = measured.cells[0]
    memory = with_server(full, 50_000)
    axes = {axis: value for axis, value in full.axes.items() if axis not in ("resumption", "link")}
    instrument = replace(full.instrument, unit=BYTES)
    kept = replace(memory, axes={**axes, "workload": "memory"}, instrument=instrument)
    found = capacity_of(ask(), replace(measured, cells=[*measured.cells, kept]))
    assert found.asked.memory_bytes is not None
    assert found.asked.memory_bytes.value == pytest.approx(1000 * 50_000)


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        ("workload=bulk", "full handshake"),
        ("workload=handshake resumption=none", "handshake with resumption=psk"),
        ("workload=handshake", "records"),
    ],
)
def test_a_run_without_a_cell_is_refused_with_what_measures_it(measured: Run, keep: str, words: str) -> None:
    kept = [
        cell
        for cell in measured.cells
        if all(cell.axes.get(axis) == value for axis, value in (word.split("=") for word in keep.split()))
    ]
    with pytest.raises(
        RequestError, match="measure it with 'tlsbench run workload=handshake,bulk,memory"
    ) as told:
        capacity_of(ask("key=ecdsa-secp256r1"), replace(measured, cells=kept), "before")
    assert f"no {words}" in str(told.value)
    assert str(told.value).startswith("before has no ")


def test_what_is_not_asked_for_is_not_needed(measured: Run) -> None:
    full = [cell for cell in measured.cells if cell.axes.get("resumption") == "none"]
    demand = Demand(connections_per_s=1000)
    found = capacity_of(ask(demand=demand), replace(measured, cells=full))
    assert [part.name for part in found.asked.parts] == ["full handshakes"]
    assert not choices(found, SHARE)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (ask("workload=bulk"), "leave out workload="),
        (ask("link=network"), "link= must be"),
        (ask("resumption=none"), "give psk, ticket or session-id"),
        (ask("resumption=external-psk"), "give psk, ticket or session-id"),
        (ask(demand=replace(DEMAND, headroom=1.0)), "--headroom"),
        (ask(demand=replace(DEMAND, open_connections=-1)), "--open"),
        (ask("key=rsa-1024"), "did you mean"),
    ],
)
def test_a_request_that_cannot_be_is_refused(request_: CapacityRequest, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        request_.check()


def test_the_cells_that_are_needed_are_those_of_what_is_asked_and_what_stands_beside_it() -> None:
    alone = cells_for(ask("key=ecdsa-secp256r1", alone=True)).scenarios
    assert [(one.workload, one.resumption) for one in alone] == [
        ("handshake", "none"),
        ("handshake", "psk"),
        ("bulk", ""),
        ("memory", ""),
    ]
    beside = cells_for(ask("key=ecdsa-secp256r1")).scenarios
    assert beside[: len(alone)] == alone
    assert {one.key for one in beside} == {"ecdsa-secp256r1", "rsa-2048"}
    assert {"ssl", "pyopenssl"} <= {one.server for one in beside}
    assert {one.group for one in beside} == {alone[0].group}  # like with like
    given = cells_for(ask("key=ecdsa-secp256r1,ed25519")).scenarios
    assert {one.key for one in given} == {"ecdsa-secp256r1", "ed25519"}
    assert {one.server for one in given} == {"pyopenssl"}


def test_tls_12_resumes_with_tickets_and_its_suite_follows_the_key() -> None:
    found = cells_for(ask("version=1.2 key=ecdsa-secp256r1 implementation=pyopenssl")).scenarios
    assert {one.resumption for one in found if one.workload == "handshake"} == {"none", "ticket"}
    assert {"ECDSA" in one.cipher for one in found if one.key == "ecdsa-secp256r1"} == {True}
    assert {"RSA_WITH" in one.cipher for one in found if one.key == "rsa-2048"} == {True}


def test_a_server_that_cannot_be_measured_is_refused_with_the_reason() -> None:
    with pytest.raises(RequestError, match="that cannot be measured: .*one curve"):
        cells_for(ask("implementation=ssl group=X25519MLKEM768"))


def test_a_server_whose_memory_cannot_be_measured_is_measured_without() -> None:
    found = cells_for(ask("implementation=fake", alone=True))
    assert {one.workload for one in found.scenarios} == {"handshake", "bulk"}
    assert [one.reason for one in found.excluded] == ["fake: it keeps no state of a connection"]


def test_what_cannot_stand_beside_it_is_excluded_with_the_reason() -> None:
    found = cells_for(ask("implementation=pyopenssl group=X25519MLKEM768", demand=replace(DEMAND, resumed=0)))
    assert any("implementation=ssl" in one.id for one in found.excluded)


def test_libraries_are_told_apart(measured: Run) -> None:
    other = [
        replace(cell, id=f"{cell.id} other", axes={**cell.axes, "implementation": "other"})
        for cell in measured.cells
    ]
    found = capacity_of(ask(), replace(measured, cells=[*measured.cells, *other]))
    assert choices(found, LIBRARY) == {"other": pytest.approx(found.asked.cores.value)}
    assert "rsa-2048" in choices(found, KEY)


@pytest.mark.parametrize("name", [name for name in NAMES if "load" not in name and "duel" not in name])
def test_every_stored_run_answers_or_says_in_one_line_what_it_lacks(name: str) -> None:
    run = read_file(FOLDER / name).result
    assert isinstance(run, Run)
    for demand in (Demand(connections_per_s=1000), DEMAND):
        try:
            assert capacity_of(ask(demand=demand), run, name).asked.cores.value > 0
        except RequestError as error:
            assert str(error).startswith(f"{name} has no ")
            assert "\n" not in str(error)


def threads(run: Run, count: int, nanoseconds: float, processors: int = 8) -> Cell:
    """A cell with that many threads, in which each handshake takes that long for the whole process."""
    full = with_server(run.cells[0], nanoseconds)
    axes = {
        **full.axes,
        "workload": "scaling",
        "threads": str(count),
        "context": "shared",
        "task": "handshake",
    }
    figures = {**full.figures, "total": full.figures["server"]}
    return replace(full, axes=axes, figures=figures, negotiated={"processors": processors})


def test_measured_threads_say_how_many_cores_it_really_takes(measured: Run) -> None:
    linear = capacity_of(ask(), measured)
    cells = [
        threads(measured, count, nanoseconds) for count, nanoseconds in ((1, 1000), (2, 555.6), (4, 312.5))
    ]
    found = capacity_of(ask(), replace(measured, cells=[*measured.cells, *cells]))
    shares = {count: one.value for count, one in found.costs.scaling.efficiencies.items()}
    assert shares == {1: pytest.approx(1.0), 2: pytest.approx(0.9, rel=1e-3), 4: pytest.approx(0.8)}
    assert found.asked.busy_cores.value == linear.asked.busy_cores.value
    assert found.asked.cores.value == pytest.approx(linear.asked.cores.value / 0.8)
    assert not linear.costs.scaling.is_measured


def test_threads_whose_controls_did_not_come_out_say_nothing(measured: Run) -> None:
    failures = [Failure("workload=scaling implementation=fake threads=2", "void: it had one processor")]
    found = capacity_of(ask(), replace(measured, failures=failures))
    assert found.costs.scaling.is_void
    assert found.asked.cores.value == pytest.approx(found.asked.busy_cores.value)
    assert "linear, not proved here: threads were measured, but the result is void" in scaling_words(found)


def test_more_threads_than_processors_are_no_cores(measured: Run) -> None:
    cells = [threads(measured, 1, 1000, 2), threads(measured, 2, 500, 2), threads(measured, 4, 500, 2)]
    found = capacity_of(ask(), replace(measured, cells=[*measured.cells, *cells]))
    assert list(found.costs.scaling.efficiencies) == [1, 2]
