"""A run: all its cells, and what has to be known to believe them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tlsbench.results.cell import Cell
from tlsbench.scenarios import Excluded


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell that was given up, and the error in one line."""

    id: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class YardstickRecord:
    """What was measured of a yardstick (:mod:`tlsbench.sampling.yardsticks`).

    :param nature: what kind of work it is, such as ``handshake``, ``bulk``, ``primitive``, ``interpreter``.
    :param engines: by implementation; none of what needs no engine.
    :param identity: what exactly ran, as text that is equal where it is the same: parameters, versions of
        engine, Python and code.
    :param round_medians: of one operation in nanoseconds, the time inside the libraries; NaN in rounds in
        which it was not visited, or disturbed.
    """

    name: str
    nature: str
    engines: Mapping[str, str]
    identity: str
    round_medians: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How a run was made.

    ``precision`` is the wanted relative half-width, ``stopped_by`` what ended the run;
    ``steal_percent`` is the processor time that a hypervisor took away while sampling, and
    ``involuntary_switches`` how often the system took the processor from the measuring process.
    None where the system does not tell. ``drift`` is how far the machine's pace wandered, as a fraction
    (:func:`tlsbench.stats.drift`). ``disturbed_percent`` is the share of the samples, those of the A/A cells
    among them, that were set aside (:mod:`tlsbench.workloads.disturbance`). ``yardstick_share`` is what the
    yardsticks took of ``elapsed_s``, as a fraction. ``warnings`` say what stood in the way, each with its
    remedy. Round r was sampled in process r modulo ``processes``. ``variables`` are those of
    the environment that change figures (:mod:`tlsbench.implementations.influences`) and that were in force;
    None if they were not noted.
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
    """A machine of a fleet, and what is its own of a run by all of them.

    :param name: the value of the axis ``machine`` in its cells.
    :param processor: its type; ``""`` if unknown, as ``cores`` is 0 then.
    :param python: the version of its Python; ``tlsbench`` likewise.
    :param elapsed_s: how long it measured; ``drift`` is how far its pace wandered.
    :param noise_floor: as of a run by one machine; ``yardsticks`` likewise.
    :param lost: why it came to nothing; ``""`` if it did not.
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
        """What machines are pooled by: the type of the processor, and how many of its cores there are."""
        return f"{self.processor or 'unknown processor'}, {self.architecture}, {self.cores} cores"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The result of one run.

    ``noise_floor`` is the smallest difference that the run can tell from none, as a fraction, by
    workload; a workload without A/A cells has none. ``yardsticks`` are what another run can be compared by.
    Of a run by a fleet ``machines`` has what is each machine's own, and cells have the axis ``machine``.
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
