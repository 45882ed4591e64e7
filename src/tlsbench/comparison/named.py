"""Benchmarks that the user names as yardsticks, such as those of results that tlsbench did not measure."""

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
#: The number of blocks into which a benchmark's raw data is divided; their medians serve as rounds.
_BLOCKS: Final = 10
#: The most names that an error lists.
_MOST_NAMES: Final = 5


def with_yardsticks(recording: Recording, patterns: Sequence[str]) -> Recording:
    """A recording in which benchmarks of these names serve as yardsticks, and are not compared themselves.

    The identity of each is its name and parameters, and for tlsbench's cells the versions of their engines.

    :param patterns: names, or globs such as ``*::test_reference*``, of benchmarks that are measured in time.
    :raises RequestError: with one line, if one matches nothing, or nothing is left to compare.
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
    """Whether a name matches; in a full name, the brackets of a parametrised test are literal."""
    return name == pattern or fnmatchcase(name, pattern)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "") or "none that is timed"


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
    """The figures of all benchmarks, padded to one length; those of tlsbench's cells are round medians."""
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
