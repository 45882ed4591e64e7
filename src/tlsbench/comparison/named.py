"""Benchmarks that somebody names as yardsticks, as of results that tlsbench did not measure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final

import numpy as np

from tlsbench.comparison.recording import Recording, version_of
from tlsbench.errors import RequestError
from tlsbench.results.run import YardstickRecord
from tlsbench.units import NANOSECONDS

#: The nature of a yardstick of which only the name is known.
NAMED: Final = "named"
#: The raw data of a benchmark are folded into this many blocks, whose medians then stand for rounds.
_BLOCKS: Final = 10
#: Names that an error lists at most.
_MOST_NAMES: Final = 5


def with_yardsticks(recording: Recording, patterns: Sequence[str]) -> Recording:
    """A recording whose benchmarks of these names are yardsticks, and are not compared themselves.

    The identity of each is its name and parameters, with the versions of its engines where it is one of
    tlsbench's cells.

    :param patterns: names, or globs such as ``*::test_reference*``, of benchmarks that are measured in time.
    :raises RequestError: in one line, if one matches none, or nothing is left to compare.
    """
    if not patterns:
        return recording
    timed = [name for name, one in recording.instruments.items() if one.unit is NANOSECONDS]
    for pattern in patterns:
        if not any(_matches(name, pattern) for name in timed):
            raise RequestError(
                f"--yardstick '{pattern}' matches no benchmark of {recording.source}: it has {_listed(timed)}"
            )
    named = [name for name in timed if any(_matches(name, pattern) for pattern in patterns)]
    if len(named) == len(recording.figures):
        raise RequestError(
            f"every benchmark of {recording.source} is a yardstick: nothing is left to compare"
        )
    rounds = _rounds(recording)
    records = [_record(recording, name, rounds[name]) for name in named]
    judged = [name for name in recording.figures if name not in named]
    return replace(
        recording,
        figures={name: rounds[name] for name in judged},
        instruments={name: recording.instruments[name] for name in judged},
        parameters={name: recording.parameters[name] for name in judged},
        yardsticks={**recording.yardsticks, **{one.identity: one for one in records}},
    )


def _matches(name: str, pattern: str) -> bool:
    """Names of parametrised tests have brackets, which are none of a glob where the name is given in full."""
    return name == pattern or fnmatchcase(name, pattern)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return (
        ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "") or "none that takes time"
    )


def _record(recording: Recording, name: str, rounds: tuple[float, ...]) -> YardstickRecord:
    parameters = recording.parameters[name]
    engines = {
        one: recording.engines[one] for one in recording.implementations_of(name) if one in recording.engines
    }
    values = [f"{key}={value}" for key, value in sorted(parameters.items())]
    versions = sorted(version_of(engine) for engine in engines.values())
    return YardstickRecord(
        name=name,
        nature=_nature(parameters),
        engines=engines,
        identity="; ".join((name, *values, *versions)),
        round_medians=rounds,
    )


def _nature(parameters: Mapping[str, str]) -> str:
    resumes = parameters.get("resumption", "none") != "none"
    return "resumption" if resumes else parameters.get("workload", NAMED)


def _rounds(recording: Recording) -> Mapping[str, tuple[float, ...]]:
    """The figures of all benchmarks, all of one length; those of tlsbench's cells are medians of rounds."""
    found = {
        name: figures if _is_cell(recording, name) else _folded(figures)
        for name, figures in recording.figures.items()
    }
    length = max(map(len, found.values()))
    return {name: (*figures, *[math.nan] * (length - len(figures))) for name, figures in found.items()}


def _is_cell(recording: Recording, name: str) -> bool:
    return "workload" in recording.parameters[name] and bool(recording.implementations_of(name))


def _folded(figures: Sequence[float]) -> Sequence[float]:
    blocks = np.array_split(np.asarray(figures), min(_BLOCKS, len(figures)))
    return [float(np.median(block)) for block in blocks]
