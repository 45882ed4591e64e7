"""The return types of tlsbench's functions: results and comparisons, with their rows."""

from __future__ import annotations

import os
import pathlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlsbench import files
from tlsbench.api import frames
from tlsbench.api.arguments import Path, in_words_of_python
from tlsbench.api.rows import Row, rows_of, rows_of_judgement
from tlsbench.api.shown import html, text_of_comparison, text_of_stored
from tlsbench.comparison import Answers, Judgement, Verdict
from tlsbench.errors import RequestError
from tlsbench.loading import Load
from tlsbench.results import Cell, Failure, Run, storage
from tlsbench.results.duel import Duel
from tlsbench.results.run import YardstickRecord
from tlsbench.results.stored import Foreign, Stored
from tlsbench.scenarios import Excluded

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


class Rows(ABC):
    """A value with rows. It prints as the command line's table, in a notebook too."""

    __slots__ = ()

    @abstractmethod
    def rows(self) -> list[Row]:
        """The rows as dicts of plain values, all with the same keys."""

    @abstractmethod
    def __str__(self) -> str: ...

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame; members of ``negotiated`` become columns ``negotiated.version``, ….

        :raises RequestError: with the command that installs pandas, if it is missing.
        """
        return frames.pandas_of(self.rows())

    def to_polars(self) -> pl.DataFrame:
        """The rows as a polars DataFrame, with the same columns.

        :raises RequestError: with the command that installs polars, if it is missing.
        """
        return frames.polars_of(self.rows())

    def _repr_html_(self) -> str:
        return html(str(self))


@dataclass(frozen=True, slots=True, repr=False)
class Result(Rows):
    """The result of a run, a duel or a load, measured just now or read from a file.

    :param stored: the result with its source and time, in the form that the other modules of tlsbench use.
    """

    stored: Stored

    @property
    def kind(self) -> str:
        """``"run"``, ``"duel"``, ``"load"``, or ``"pytest-benchmark"`` for results of other benchmarks."""
        return _KINDS[type(self.stored.result)]

    @property
    def value(self) -> Run | Duel | Load | Foreign:
        """The whole result, as tlsbench's own type."""
        return self.stored.result

    @property
    def cells(self) -> Sequence[Cell]:
        """The measured cells of a run; empty for other kinds."""
        return self.stored.result.cells if isinstance(self.stored.result, Run) else ()

    @property
    def failures(self) -> Sequence[Failure]:
        """The cells that a run gave up on: the ``id`` of each, and the reason in one line, ``error``."""
        return self.stored.result.failures if isinstance(self.stored.result, Run) else ()

    @property
    def excluded(self) -> Sequence[Excluded]:
        """The cells requested of a run that are impossible: the ``id`` of each, and the ``reason``."""
        return self.stored.result.excluded if isinstance(self.stored.result, Run) else ()

    @property
    def noise_floor(self) -> Mapping[str, float]:
        """The smallest difference that a run can detect, as a fraction, by workload."""
        return self.stored.result.noise_floor if isinstance(self.stored.result, Run) else {}

    @property
    def yardsticks(self) -> Sequence[YardstickRecord]:
        """The reference cells of a run, for comparing it with another."""
        return self.stored.result.yardsticks if isinstance(self.stored.result, Run) else ()

    @property
    def interrupted(self) -> bool:
        """Whether it was ended early, by ``stop_asked`` or a signal."""
        result = self.stored.result
        if isinstance(result, Run):
            return result.conditions.stopped_by == "interrupt"
        return isinstance(result, Duel | Load) and result.interrupted

    @property
    def warnings(self) -> Sequence[str]:
        """Warnings about the quality of the figures, and remarks on a file that was read, a line each."""
        run = self.stored.result
        return [*self.stored.remarks, *(run.conditions.warnings if isinstance(run, Run) else ())]

    def rows(self) -> list[Row]:
        """The rows as dicts of plain values, all with the same keys.

        For a **run**, one row per measured cell: ``id``; the axes by name (``chain_length`` a number,
        ``size`` in bytes, ``client`` and ``server`` always present, ``implementation`` if they are the same);
        ``instrument``; for each of ``client``, ``server``, ``libraries`` (both of them), ``harness`` and
        ``total``, the median of one operation, the ends of its 95 % interval and the 99th percentile:
        ``libraries_ns``, ``libraries_low_ns``, ``libraries_high_ns`` and ``libraries_p99_ns`` (with another
        instrument ``total_instructions``, ``total_allocated_bytes``, …); ``precision``, half the width of the
        interval of ``libraries`` (or of such an instrument's ``total``) over its median; ``samples``, and how
        many ``disturbed`` ones were set aside; ``rounds``;
        ``client_bytes`` and ``server_bytes``, that side's TLS bytes on the wire per operation;
        the ``flights`` of a sample, and the ``handshake_flights`` and ``round_trips`` of a handshake;
        ``noise_floor`` of its workload, a fraction; ``negotiated``, a dict of what both libraries and the
        wire reported.

        For a **duel**, one row per part of each match: ``a``, ``b``, ``a_id``, ``b_id``, ``part``, ``ratio``
        of b over a with ``ratio_low`` and ``ratio_high``, ``verdict`` (``"faster"``, ``"slower"``, ``"~"``),
        ``noise_floor``, ``epochs``, ``a_negotiated``, ``b_negotiated``.

        For a **load**, one row per timed phase: ``phase``, ``count``, ``p50_ns`` to ``max_ns``,
        ``handshakes_per_s``, ``requests_per_s``, ``client_busy`` (a fraction).

        For **pytest-benchmark**, one row per benchmark: ``id``, its parameters, ``total_ns``, ``samples``.
        """
        return rows_of(self.stored)

    def to_json(self) -> str:
        """The result as JSON, as ``--json`` writes it and :func:`tlsbench.read` reads it.

        :raises RequestError: for a result of another benchmark.
        """
        stored = self.stored
        if isinstance(stored.result, Run):
            from tlsbench.results.benchmark_json import to_json

            return to_json(stored.result, stored.machine.noted)
        if isinstance(stored.result, Duel):
            from tlsbench.results.duel_json import duel_to_json

            return duel_to_json(stored.result)
        if isinstance(stored.result, Load):
            from tlsbench.results.load_json import load_to_json

            return load_to_json(stored.result, stored.machine.noted, stored.command, stored.taken_at)
        raise RequestError(f"{stored.source} is pytest-benchmark's: copy the file")

    def write(self, path: Path) -> None:
        """Write the result as JSON; a regular file is replaced atomically.

        :raises RequestError: if it cannot be written there.
        :raises OutputError: if writing fails midway.
        """
        target = pathlib.Path(os.fspath(path))
        text = self.to_json()
        files.check(target, len(text))
        files.write(target, text)

    def save(self, name: str) -> pathlib.Path:
        """Keep the result of a run or a load in ``.benchmarks``, as pytest-benchmark does.

        :param name: letters, digits, ``.``, ``_``, ``+`` and ``-``; :func:`tlsbench.read` accepts it.
        :returns: the new file.
        :raises RequestError: for a duel, an invalid name, or a folder that cannot be written.
        :raises OutputError: if writing fails midway.
        """
        if isinstance(self.stored.result, Duel):
            raise RequestError("a duel is not a saved run: write(path) keeps it")
        with in_words_of_python():
            storage.check_save(name)
        return storage.save(name, self.to_json())

    def __str__(self) -> str:
        return text_of_stored(self.stored)

    def __repr__(self) -> str:
        return f"<tlsbench.Result of a {self.kind}: {self.stored.source}, {len(self.rows())} rows>"


#: The values of :attr:`Result.kind`.
_KINDS = {Run: "run", Duel: "duel", Load: "load", Foreign: "pytest-benchmark"}


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Rows):
    """Two results compared, cell by cell.

    :param judgement: the verdicts, and what makes the two hard to compare.
    :param answers: the answers of each gate.
    """

    judgement: Judgement
    answers: Sequence[Answers[Verdict]]

    @property
    def failed_gates(self) -> Mapping[str, Sequence[str]]:
        """The ids of the cells that fail each gate, by its text; empty if none fails."""
        return {one.gate.text: [verdict.id for verdict in one.failed] for one in self.answers if one.failed}

    @property
    def undecided_gates(self) -> Mapping[str, Sequence[str]]:
        """The ids of the cells about which each gate is undecided, by its text; empty if none is."""
        return {
            one.gate.text: [verdict.id for verdict in one.undecided] for one in self.answers if one.undecided
        }

    @property
    def geometric_mean(self) -> float:
        """The geometric mean of all ratios, new over base."""
        return self.judgement.geometric_mean

    @property
    def warnings(self) -> Sequence[str]:
        """What makes the two hard to compare, a line each."""
        return self.judgement.warnings

    def rows(self) -> list[Row]:
        """A dict for each cell that both results have, all with the same keys.

        ``id`` and the axes; ``instrument``; the medians ``base_ns`` and ``new_ns`` (or in the instrument's
        unit) with the ends of their 95 % intervals, ``base_low_ns``, …; ``ratio`` of new over base with
        ``ratio_low`` and ``ratio_high``; ``p_value``, corrected for the number of cells; ``noise_floor``, the
        fraction below which no difference is reported; ``verdict``: ``"faster"``, ``"slower"`` (for bytes
        ``"less"``, ``"more"``) or ``"~"``; ``more_samples``, how many would reveal a difference of 2 %.
        """
        return rows_of_judgement(self.judgement)

    def __str__(self) -> str:
        return text_of_comparison(self.judgement, self.answers)

    def __repr__(self) -> str:
        base, new = self.judgement.base.source, self.judgement.new.source
        return f"<tlsbench.Comparison of {new} with {base}: {len(self.judgement.verdicts)} rows>"
