"""A result as comparison sees it: figures by the name of the benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tlsbench.errors import RequestError
from tlsbench.results import Cell, Run
from tlsbench.results.duel import Duel
from tlsbench.results.read_run import UNKNOWN_CONDITIONS
from tlsbench.results.reader import read, remarks_of
from tlsbench.results.run import YardstickRecord
from tlsbench.results.stored import Foreign, Stored
from tlsbench.sampling import Instrument
from tlsbench.stats import Interval, median_interval


@dataclass(frozen=True, slots=True)
class Recording:
    """One stored result.

    :param figures: by benchmark name, in the order of measurement: the medians of the rounds if tlsbench
        stored them, otherwise all raw data.
    :param instruments: by name, what measured them.
    :param parameters: by name, the benchmark's parameters as text.
    :param noise_floor: the largest difference that is only noise, as a fraction, by workload.
    :param drift: how far the machine wandered during the run, as a fraction; 0 if unknown.
    :param environment: by name, the facts that make two results hard to compare if they differ.
    :param remarks: what was left out of the file, and what is inconsistent in it, a line each.
    :param yardsticks: those by which runs can be compared, by identity.
    :param engines: by implementation.
    :param cells: by name, tlsbench's cells, with their medians and proofs.
    :param variables: the environment variables that change figures; None if they were not recorded.
    """

    source: str
    figures: Mapping[str, tuple[float, ...]]
    instruments: Mapping[str, Instrument]
    parameters: Mapping[str, Mapping[str, str]]
    noise_floor: Mapping[str, float]
    drift: float
    environment: Mapping[str, str]
    remarks: Sequence[str] = ()
    yardsticks: Mapping[str, YardstickRecord] = field(default_factory=dict)
    engines: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, Cell] = field(default_factory=dict)
    variables: Mapping[str, str] | None = None

    def median(self, name: str) -> Interval:
        """The median of a benchmark with its interval; for a cell, exactly the one that its run shows."""
        return self.cells[name].main.interval if name in self.cells else median_interval(self.figures[name])

    def implementations_of(self, name: str) -> frozenset[str]:
        """The implementations that a cell ran on, by id."""
        parameters = self.parameters[name]
        return frozenset(
            parameters[one] for one in ("implementation", "client", "server") if one in parameters
        )

    def engines_of(self, name: str) -> frozenset[str]:
        """The names and versions of the engines that a cell ran on."""
        return frozenset(
            version_of(self.engines[one]) for one in self.implementations_of(name) if one in self.engines
        )

    def floor(self, name: str) -> float:
        """The noise floor of a benchmark; 0 if none was measured."""
        return self.noise_floor.get(self.parameters[name].get("workload", ""), 0.0)

    def first_of(self, workload: str) -> str:
        """The cell on which the noise floor of a workload was measured; ``""`` if it is missing."""
        names = (name for name, values in self.parameters.items() if values.get("workload") == workload)
        return next(names, "")


def version_of(engine: str) -> str:
    """An engine's name and version, without its location."""
    return engine.partition(" in ")[0]


def load_recording(reference: str) -> Recording:
    """Read a result to compare, given a path, or the name or number of a saved run.

    :raises RequestError: with one line, if there is none, or it has nothing to compare.
    """
    return recording_of(read(reference))


def recording_of(stored: Stored) -> Recording:
    """The data of a result that can be compared.

    :raises RequestError: with one line, if there is none.
    """
    if isinstance(stored.result, Duel):
        raise RequestError(f"{stored.source} is a duel, which already is a comparison: see 'tlsbench show'")
    if not stored.benchmarks:
        why = f" that can be compared: {stored.remarks[0]}" if stored.remarks else ""
        raise RequestError(f"{stored.source} holds no benchmark{why}")
    run = stored.result if isinstance(stored.result, Run) else None
    return Recording(
        source=stored.source,
        figures={one.name: one.figures for one in stored.benchmarks},
        instruments={one.name: one.instrument for one in stored.benchmarks},
        parameters={one.name: one.parameters for one in stored.benchmarks},
        noise_floor=run.noise_floor if run else {},
        drift=(run.conditions.drift or 0.0) if run else 0.0,
        environment=dict(_environment(stored)),
        remarks=tuple(remarks_of(stored)),
        yardsticks={one.identity: one for one in run.yardsticks} if run else {},
        engines=run.engines if run else {},
        cells={cell.id: cell for cell in run.cells} if run else {},
        variables=run.conditions.variables if run else None,
    )


def _line(stored: Stored) -> str:
    """The line that a load went over; ``""`` for other results."""
    if isinstance(stored.result, Run | Duel | Foreign):
        return ""
    return stored.result.plan.line or "none"


def _environment(stored: Stored) -> Iterator[tuple[str, str]]:
    machine = stored.machine
    conditions = stored.result.conditions if isinstance(stored.result, Run) else UNKNOWN_CONDITIONS
    known = conditions is not UNKNOWN_CONDITIONS
    facts = {
        "processor": machine.processor,
        "architecture": machine.architecture,
        "Python": machine.python_version,
        "meter": conditions.meter if known else "",
        "governor": conditions.governor or "",
        "line (--via)": _line(stored),
        "tlsbench": machine.version,
        **{f"engine of {name}": engine for name, engine in machine.engines.items()},
    }
    return ((name, value) for name, value in facts.items() if value)
