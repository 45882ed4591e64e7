"""What the functions of tlsbench give: results and comparisons, with their rows."""

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
    """Something that has rows. Printed, it is the command line's table, in a notebook too."""

    __slots__ = ()

    @abstractmethod
    def rows(self) -> list[Row]:
        """The rows as dicts of plain values, all with the same keys."""

    @abstractmethod
    def __str__(self) -> str: ...

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a DataFrame of pandas; members of ``negotiated`` are columns ``negotiated.version``, ….

        :raises RequestError: with the command that installs pandas, if it is missing.
        """
        return frames.pandas_of(self.rows())

    def to_polars(self) -> pl.DataFrame:
        """The rows as a DataFrame of polars, likewise.

        :raises RequestError: with the command that installs polars, if it is missing.
        """
        return frames.polars_of(self.rows())

    def _repr_html_(self) -> str:
        return html(str(self))


@dataclass(frozen=True, slots=True, repr=False)
class Result(Rows):
    """The result of a run, a duel or a load, measured just now or read from a file.

    :param stored: the result with where and when it was taken, as the other modules of tlsbench take it.
    """

    stored: Stored

    @property
    def kind(self) -> str:
        """``"run"``, ``"duel"``, ``"load"``, or ``"pytest-benchmark"`` for what is not of tlsbench."""
        return _KINDS[type(self.stored.result)]

    @property
    def value(self) -> Run | Duel | Load | Foreign:
        """The whole result as tlsbench's own value."""
        return self.stored.result

    @property
    def cells(self) -> Sequence[Cell]:
        """The measured cells of a run; none of other kinds."""
        return self.stored.result.cells if isinstance(self.stored.result, Run) else ()

    @property
    def failures(self) -> Sequence[Failure]:
        """What was given up in a run: ``id`` of each cell, and ``error``, why, in one line."""
        return self.stored.result.failures if isinstance(self.stored.result, Run) else ()

    @property
    def excluded(self) -> Sequence[Excluded]:
        """What was asked for in a run and cannot be: ``id`` of each cell, and ``reason``."""
        return self.stored.result.excluded if isinstance(self.stored.result, Run) else ()

    @property
    def noise_floor(self) -> Mapping[str, float]:
        """Of a run, by workload: the smallest difference that it can detect, as a fraction."""
        return self.stored.result.noise_floor if isinstance(self.stored.result, Run) else {}

    @property
    def yardsticks(self) -> Sequence[YardstickRecord]:
        """The reference cells of a run, by which another can be compared with it."""
        return self.stored.result.yardsticks if isinstance(self.stored.result, Run) else ()

    @property
    def interrupted(self) -> bool:
        """Whether it was ended before it was done, by ``stop_asked`` or a signal."""
        result = self.stored.result
        if isinstance(result, Run):
            return result.conditions.stopped_by == "interrupt"
        return isinstance(result, Duel | Load) and result.interrupted

    @property
    def warnings(self) -> Sequence[str]:
        """What stood in the way of good figures, and remarks on a file that was read, a line each."""
        run = self.stored.result
        return [*self.stored.remarks, *(run.conditions.warnings if isinstance(run, Run) else ())]

    def rows(self) -> list[Row]:
        """The rows as dicts of plain values, all with the same keys.

        Of a **run** one for each measured cell: ``id``; the axes by name (``chain_length`` a number, ``size``
        in bytes, ``client`` and ``server`` always, ``implementation`` where they are the same);
        ``instrument``; for each of ``client``, ``server``, ``libraries`` (both of them), ``harness`` and
        ``total`` the median of one operation and the ends of its 95 % interval, ``libraries_ns``,
        ``libraries_low_ns``, ``libraries_high_ns``, and ``libraries_p99_ns`` (with another instrument
        ``total_instructions``, ``total_allocated_bytes``, …); ``precision``, half the width of the interval
        of ``libraries`` (or of such an instrument's ``total``) over its median; ``samples``, and how many
        ``disturbed`` ones were set aside; ``rounds``;
        ``client_bytes`` and ``server_bytes``, that side's TLS bytes on the wire for each operation;
        ``flights`` of a sample, and of a handshake its own (``handshake_flights``) and its ``round_trips``;
        ``noise_floor`` of its workload, a fraction; ``negotiated``, a dict of what both libraries and the
        wire said.

        Of a **duel** one for each part of each match: ``a``, ``b``, ``a_id``, ``b_id``, ``part``, ``ratio``
        of b over a with ``ratio_low`` and ``ratio_high``, ``verdict`` (``"faster"``, ``"slower"``, ``"~"``),
        ``noise_floor``, ``epochs``, ``a_negotiated``, ``b_negotiated``.

        Of a **load** one for each timed phase: ``phase``, ``count``, ``p50_ns`` to ``max_ns``,
        ``handshakes_per_s``, ``requests_per_s``, ``client_busy`` (a fraction).

        Of **pytest-benchmark's** one for each benchmark: ``id``, its parameters, ``total_ns``, ``samples``.
        """
        return rows_of(self.stored)

    def to_json(self) -> str:
        """The result as JSON, as ``--json`` writes it and :func:`tlsbench.read` reads it.

        :raises RequestError: of a result that is not of tlsbench.
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
        """Write the result as JSON; a regular file is replaced whole, or left as it was.

        :raises RequestError: if it cannot be written there.
        :raises OutputError: if writing failed on the way.
        """
        target = pathlib.Path(os.fspath(path))
        text = self.to_json()
        files.check(target, len(text))
        files.write(target, text)

    def save(self, name: str) -> pathlib.Path:
        """Keep the result of a run or a load in ``.benchmarks``, as pytest-benchmark does.

        :param name: of letters, digits, ``.``, ``_``, ``+`` and ``-``; :func:`tlsbench.read` takes it.
        :returns: the new file.
        :raises RequestError: for a duel, an invalid name, or a folder that cannot be written.
        :raises OutputError: if writing failed on the way.
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


#: What :attr:`Result.kind` says.
_KINDS = {Run: "run", Duel: "duel", Load: "load", Foreign: "pytest-benchmark"}


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Rows):
    """Two results compared, cell by cell.

    :param judgement: the verdicts, and what makes the two hard to compare.
    :param answers: what each gate says.
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
        fraction below which no difference is reported; ``verdict``: ``"faster"``, ``"slower"`` (of bytes
        ``"less"``, ``"more"``) or ``"~"``; ``more_samples`` that would show a difference of 2 %.
        """
        return rows_of_judgement(self.judgement)

    def __str__(self) -> str:
        return text_of_comparison(self.judgement, self.answers)

    def __repr__(self) -> str:
        base, new = self.judgement.base.source, self.judgement.new.source
        return f"<tlsbench.Comparison of {new} with {base}: {len(self.judgement.verdicts)} rows>"
