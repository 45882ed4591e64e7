"""A result as comparison sees it: times by id, from any pytest-benchmark JSON with raw data."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tlsbench.errors import RequestError
from tlsbench.results.storage import find, read_text

#: What of the environment makes two results hard to compare: its name, and where the JSON has it.
_ENVIRONMENT = {
    "processor": ("machine_info", "cpu", "brand_raw"),
    "architecture": ("machine_info", "machine"),
    "Python": ("machine_info", "python_version"),
    "meter": ("tlsbench", "conditions", "meter"),
    "governor": ("tlsbench", "conditions", "governor"),
    "tlsbench": ("machine_info", "tlsbench", "version"),
}
_ENGINES = ("machine_info", "tlsbench", "engines")


@dataclass(frozen=True, slots=True)
class Recording:
    """One stored result.

    :param times_ns: by a benchmark's ``fullname``, its times in nanoseconds, in the order in which they
        were measured: the medians of its rounds where tlsbench stored them, else all raw data.
    :param parameters: by ``fullname``, the benchmark's parameters as text.
    :param noise_floor: the largest difference that is none, as a fraction, by workload.
    :param drift: how far the machine wandered during the run, as a fraction; 0 if unknown.
    :param environment: what matters of where it was measured, by name.
    """

    source: str
    times_ns: Mapping[str, tuple[float, ...]]
    parameters: Mapping[str, Mapping[str, str]]
    noise_floor: Mapping[str, float]
    drift: float
    environment: Mapping[str, str]

    def floor(self, name: str) -> float:
        """The noise floor of a benchmark; 0 where none was measured."""
        return self.noise_floor.get(self.parameters[name].get("workload", ""), 0.0)


def load_recording(reference: str) -> Recording:
    """Read the result that a path, or the name or number of a saved run, means.

    :raises RequestError: in one line, if there is none, or it has nothing to compare.
    """
    path = find(reference)
    return recording_from_json(read_text(path), str(path))


def recording_from_json(text: str, source: str) -> Recording:
    """Read a result from the text of a pytest-benchmark JSON file.

    :raises RequestError: in one line that names ``source``.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{source} is not JSON: {error}") from None
    benchmarks = document.get("benchmarks") if isinstance(document, dict) else None
    if not isinstance(benchmarks, list):
        raise RequestError(f"{source} is no pytest-benchmark result: it has no list 'benchmarks'")
    try:
        times = {str(one["fullname"]): _times_ns(one, source) for one in benchmarks}
        parameters = {str(one["fullname"]): _texts(one.get("params")) for one in benchmarks}
        floors = _at(document, ("tlsbench", "noise_floor"))
        drift = _at(document, ("tlsbench", "conditions", "drift"))
        recording = Recording(
            source=source,
            times_ns=times,
            parameters=parameters,
            noise_floor={
                str(workload): math.inf if floor is None else float(floor)
                for workload, floor in (floors or {}).items()
            },
            drift=float(drift or 0.0),
            environment=_environment(document),
        )
    except KeyError as error:
        raise RequestError(f"{source} cannot be compared: a benchmark lacks {error}") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise RequestError(f"{source} cannot be compared: a field is malformed ({error})") from None
    if not recording.times_ns:
        raise RequestError(f"{source} holds no benchmark")
    return recording


def _times_ns(benchmark: Mapping[str, Any], source: str) -> tuple[float, ...]:
    notes = benchmark.get("extra_info", {}).get("tlsbench")
    seconds = benchmark["stats"].get("data") or ()
    data = notes["times_ns"]["total"]["round_medians"] if notes else [1e9 * second for second in seconds]
    name = benchmark["fullname"]
    if not data:
        raise RequestError(f"{source} has no raw data of '{name}': store it with --benchmark-save-data")
    times = tuple(float(time) for time in data)
    if not all(math.isfinite(time) and time > 0 for time in times):
        raise RequestError(f"{source}: the times of '{name}' are not all numbers above zero")
    return times


def _texts(parameters: object) -> dict[str, str]:
    if not isinstance(parameters, Mapping):
        return {}
    return {str(name): str(value) for name, value in parameters.items()}


def _at(document: Mapping[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON
    value: Any = document
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _environment(document: Mapping[str, Any]) -> dict[str, str]:
    found = {name: _at(document, path) for name, path in _ENVIRONMENT.items()}
    engines = _at(document, _ENGINES)
    if isinstance(engines, Mapping):
        found |= {f"engine of {name}": engine for name, engine in engines.items()}
    return {name: str(value) for name, value in found.items() if value is not None}
