"""A stored result as a value: what was measured, where, and remarks on the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tlsbench.results.duel import Duel
from tlsbench.results.run import Run
from tlsbench.sampling import WALL, Instrument

if TYPE_CHECKING:
    from tlsbench.loading import Load  # imports HdrHistogram, which only loads need

#: The format that this version writes (``tlsbench.format`` in a document), and the latest that it reads.
#: Documents without one are from tlsbench 0.1.0. ``schema.json`` describes it.
FORMAT = 2


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The comparable part of a benchmark.

    :param name: pytest-benchmark's ``fullname``; the id of one of tlsbench's cells.
    :param parameters: by name, as text.
    :param figures: the medians of the rounds of ``Cell.main`` if tlsbench stored them, otherwise all raw
        data, in the order of measurement, all above zero; NaN for a round without samples.
    :param instrument: the one that measured them; elapsed time for a foreign benchmark.
    """

    name: str
    parameters: Mapping[str, str]
    figures: tuple[float, ...]
    instrument: Instrument = WALL


@dataclass(frozen=True, slots=True)
class Foreign:
    """A result of pytest-benchmark without data of tlsbench: it has nothing but its benchmarks.

    :param version: pytest-benchmark's.
    """

    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where a result was measured, as far as pytest-benchmark records it; unknown fields are empty.

    :param cores: None if unknown.
    :param version: tlsbench's.
    :param engines: the engine of each implementation.
    :param noted: everything that was recorded, unchanged.
    """

    processor: str = ""
    cores: int | None = None
    architecture: str = ""
    system: str = ""
    release: str = ""
    python_implementation: str = ""
    python_version: str = ""
    version: str = ""
    engines: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    noted: Mapping[str, Any] = field(default_factory=dict)

    @property
    def facts(self) -> list[str]:
        """The known facts that identify it for a reader: processor, cores, system, Python and tlsbench."""
        facts = [
            self.processor,
            f"{self.cores} cores" if self.cores else "",
            f"{self.system} {self.release}".strip(),
            f"{self.python_implementation} {self.python_version}".strip(),
            f"tlsbench {self.version}" if self.version else "",
        ]
        return [fact for fact in facts if fact]


@dataclass(frozen=True, slots=True)
class Commit:
    """The git commit of the working directory in which a result was taken, as pytest-benchmark records it.

    :param id: its full hash.
    :param branch: the branch that was checked out; ``""`` if unknown.
    :param dirty: whether files differed from the commit.
    :param committed_at: None if unknown.
    """

    id: str
    branch: str = ""
    dirty: bool = False
    committed_at: datetime | None = None

    @property
    def short(self) -> str:
        """The first seven digits, with ``+`` if files differed."""
        return self.id[:7] + "+" * self.dirty


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A result, whether it was read from a file or has just been measured.

    :param source: the file, or another name for it in errors.
    :param benchmarks: all that can be compared, in the order of the file.
    :param taken_at: None if the file does not say.
    :param command: the command line; ``""`` if the file does not say.
    :param commit: None if the file names none.
    :param remarks: what was left out of the file, and what is inconsistent in it, a line each.
    """

    source: str
    result: Run | Load | Duel | Foreign
    benchmarks: Sequence[Benchmark] = ()
    machine: Machine = Machine()
    taken_at: datetime | None = None
    command: str = ""
    commit: Commit | None = None
    remarks: Sequence[str] = ()


def stored_run(run: Run, source: str, machine: Machine) -> Stored:
    """A run as it would be read back, without going through a file."""
    return Stored(
        source=source,
        result=run,
        benchmarks=[
            Benchmark(cell.id, dict(cell.axes), cell.main.round_medians, cell.instrument)
            for cell in run.cells
        ],
        machine=machine,
        taken_at=run.taken_at,
        command=run.conditions.command,
    )
