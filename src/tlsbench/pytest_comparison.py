"""The pytest plugin's comparison of everything a session measured with a stored result, and its gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tlsbench.comparison import Gate, parse_gate
from tlsbench.errors import RequestError
from tlsbench.report.comparisons import report_of_comparison
from tlsbench.report.exporters import export
from tlsbench.results import Run
from tlsbench.results.environment import machine_info
from tlsbench.results.reader import machine_of, parse, read
from tlsbench.results.stored import Stored, stored_run
from tlsbench.session.compare import compare

#: The width in columns of the comparison's table, below pytest's own.
_WIDTH = 160
_SOURCE = "this session"


@dataclass(frozen=True, slots=True)
class SessionComparison:
    """The outcome of the comparison with a stored result; empty if none was requested.

    :param fails: whether it fails the session.
    :param lines: the lines to print about it.
    """

    fails: bool = False
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ComparisonRequest:
    """The options of a session that compare it with a stored result.

    :param base: the stored result.
    :param gates: the gates that may fail the session.
    :param yardsticks: names or globs of benchmarks that also serve as yardsticks.
    :param undecided_fails: whether a gate without an answer fails the session.
    """

    base: Stored
    gates: Sequence[Gate]
    yardsticks: Sequence[str]
    undecided_fails: bool

    @classmethod
    def of(cls, config: pytest.Config) -> ComparisonRequest | None:
        """The comparison that the options request; None if they request none.

        :raises RequestError: if there is no such result, or a gate is not valid.
        """
        gates = [parse_gate(text) for text in config.getoption("--tls-fail-on")]
        if (reference := config.getoption("--tls-compare")) is None:
            return None
        return cls(
            read(reference),
            gates,
            config.getoption("--tls-yardstick"),
            config.getoption("--tls-undecided") == "fail",
        )

    def compare(self, run: Run | None, config: pytest.Config) -> SessionComparison:
        """Compare everything the session measured: its scenarios, and the benchmarks of its other tests.

        A gate on a session that measured nothing to compare fails: it would guard nothing.

        :param run: the run of its scenarios; None if it has none.
        """
        try:
            found = compare(self.base, _measured(run, config), self.gates, self.yardsticks)
        except RequestError as error:
            lines = [f"tlsbench: not compared with {self.base.source}: {error}"]
            lines += [
                f"failed '{gate.text}': a gate with nothing to compare guards nothing" for gate in self.gates
            ]
            return SessionComparison(bool(self.gates), lines)
        report = report_of_comparison(found.judgement, found.answers)
        shown = export(report, "table", _WIDTH).splitlines()
        return SessionComparison(
            bool(report.failed or (report.undecided and self.undecided_fails)),
            [f"tlsbench: compared with {self.base.source}", *shown],
        )


def _measured(run: Run | None, config: pytest.Config) -> Stored:
    """Everything a session measured, as if read back from its file, with the raw data."""
    own = _own(config)
    if run is None:
        return own
    cells = stored_run(run, _SOURCE, machine_of(machine_info()))
    return replace(
        cells,
        benchmarks=[*cells.benchmarks, *own.benchmarks],
        remarks=[*cells.remarks, *own.remarks],
    )


def _own(config: pytest.Config) -> Stored:
    """The benchmarks that are not cells of tlsbench."""
    from pytest_benchmark.utils import safe_dumps

    benchmarks: Sequence[Any] = config._benchmarksession.benchmarks  # type: ignore[attr-defined] # by pytest-benchmark
    document = config.hook.pytest_benchmark_generate_json(
        config=config,
        benchmarks=[one for one in benchmarks if one and "tlsbench" not in one.extra_info],
        include_data=True,
        machine_info=machine_info(),
        commit_info={},
    )
    return parse(safe_dumps(document), _SOURCE)
