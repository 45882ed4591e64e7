"""A run: all its cells, and what must be known to trust them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tlsbench.results.cell import Cell
from tlsbench.scenarios import Excluded


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell that was abandoned, and the error in one line."""

    id: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class YardstickRecord:
    """The measurement of a yardstick (:mod:`tlsbench.sampling.yardsticks`).

    :param nature: its kind of work, such as ``handshake``, ``bulk``, ``primitive``, ``interpreter``.
    :param engines: by implementation; empty if it needs no engine.
    :param identity: exactly what ran, as text that is equal for equal work: parameters, versions of engine,
        Python and code.
    :param round_medians: nanoseconds per operation inside the libraries; NaN for rounds in which it was not
        visited, or disturbed.
    """

    name: str
    nature: str
    engines: Mapping[str, str]
    identity: str
    round_medians: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How a run was made.

    ``precision`` is the requested relative half-width, ``stopped_by`` what ended the run; ``steal_percent``
    is the processor time that a hypervisor took away during sampling, and ``involuntary_switches`` how often
    the system took the processor from the measuring process; both are None if the system does not report
    them. ``drift`` is how far the machine's pace wandered, as a fraction (:func:`tlsbench.stats.drift`).
    ``disturbed_percent`` is the share of the samples, including those of the A/A cells, that were set aside
    (:mod:`tlsbench.workloads.disturbance`). ``yardstick_share`` is the fraction of ``elapsed_s`` that the
    yardsticks took. ``warnings`` are reasons not to trust the run, each with a remedy. Round r was sampled in
    process r modulo ``processes``. ``variables`` are the environment variables that change figures
    (:mod:`tlsbench.implementations.influences`) and were in force; None if they were not recorded.
    """

    meter: str
    seed: int
    precision: float
    time_budget_s: float
    elapsed_s: float
    stopped_by: str
    command: str
    steal_percent: float | None = None
    involuntary_switches: int | None = None
    governor: str | None = None
    drift: float | None = None
    disturbed_percent: float | None = None
    yardstick_share: float | None = None
    warnings: Sequence[str] = ()
    processes: int = 1
    variables: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineRun:
    """A machine of a fleet, and what a run by all of them has of its own.

    :param name: the value of the axis ``machine`` in its cells.
    :param processor: its type; ``""`` if unknown.
    :param cores: 0 if unknown.
    :param python: the version of its Python; ``tlsbench`` is that of its tlsbench.
    :param elapsed_s: how long it measured; ``drift`` is how far its pace wandered.
    :param noise_floor: as in a run by one machine, like ``yardsticks``.
    :param lost: why it returned nothing; ``""`` if it did.
    """

    name: str
    processor: str = ""
    cores: int = 0
    architecture: str = ""
    python: str = ""
    tlsbench: str = ""
    elapsed_s: float = 0.0
    drift: float | None = None
    noise_floor: Mapping[str, float] = field(default_factory=dict)
    yardsticks: Sequence[YardstickRecord] = ()
    lost: str = ""

    @property
    def kind(self) -> str:
        """The criterion for pooling machines: processor type, architecture and number of cores."""
        return f"{self.processor or 'unknown processor'}, {self.architecture}, {self.cores} cores"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The result of one run.

    ``noise_floor`` is the smallest difference that the run can distinguish from none, as a fraction, by
    workload; a workload without A/A cells has none. ``yardsticks`` make it comparable with other runs. For a
    run by a fleet, ``machines`` has each machine's own data, and cells have the axis ``machine``.
    """

    cells: Sequence[Cell]
    excluded: Sequence[Excluded]
    failures: Sequence[Failure]
    conditions: Conditions
    engines: Mapping[str, str]
    taken_at: datetime
    noise_floor: Mapping[str, float] = field(default_factory=dict)
    yardsticks: Sequence[YardstickRecord] = ()
    machines: Sequence[MachineRun] = ()
