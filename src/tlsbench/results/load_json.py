"""A load as pytest-benchmark JSON: a benchmark for each phase, with its histogram in ``extra_info``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from hdrh.histogram import HdrHistogram

from tlsbench.errors import RequestError
from tlsbench.load import Load, Plan, Tally
from tlsbench.load.opposite import Spent
from tlsbench.load.tally import PHASES
from tlsbench.processes import Vitals
from tlsbench.results.benchmark_json import finite

#: So many quantiles stand for a distribution where pytest-benchmark wants the data itself.
_QUANTILES = 1000


def load_to_json(load: Load, machine_info: Mapping[str, Any], command: str) -> str:
    """The load as the text of a pytest-benchmark JSON file."""
    from pytest_benchmark import __version__ as pytest_benchmark_version
    from pytest_benchmark.utils import get_commit_info

    tally = load.tally
    phases = [phase for phase in PHASES if tally.times[phase].get_total_count()]
    document = {
        "machine_info": machine_info,
        "commit_info": get_commit_info(),
        "benchmarks": [_benchmark(load, phase) for phase in phases],
        "datetime": datetime.now(UTC).isoformat(),
        "version": pytest_benchmark_version,
        "tlsbench": {
            "load": {
                "command": command,
                "plan": json.loads(load.plan.to_json()),
                "elapsed_s": load.elapsed_s,
                "handshakes_per_s": load.handshakes_per_s,
                "requests_per_s": load.requests_per_s,
                "client_busy": load.client_busy,
                "interrupted": load.interrupted,
                "lost_workers": list(load.lost),
                "resumed": tally.resumed,
                "server": asdict(load.server) if load.server else None,
                "vitals": load.vitals,
                "remarks": list(load.remarks),
                "tally": tally.to_plain(),
            }
        },
    }
    return json.dumps(finite(document), allow_nan=False)


def load_from_json(text: str, origin: str) -> Load | None:
    """The load that a file holds; None if it holds something else.

    :raises RequestError: if it holds a load that cannot be read.
    """
    if '"load"' not in text:  # which spares reading a large file that is something else
        return None
    try:
        document = json.loads(text)
        section = document["tlsbench"]["load"]
    except (ValueError, TypeError, KeyError):
        return None
    try:
        server = section["server"]
        return Load(
            Plan.from_json(json.dumps(section["plan"])),
            Tally.from_plain(section["tally"]),
            elapsed_s=float(section["elapsed_s"]),
            interrupted=bool(section["interrupted"]),
            lost=tuple(map(str, section["lost_workers"])),
            vitals=tuple(tuple(Vitals(*moment) for moment in process) for process in section["vitals"]),
            remarks=tuple(map(str, section["remarks"])),
            server=Spent(**server) if server else None,
        )
    except Exception as error:
        raise RequestError(f"{origin}: this load cannot be read ({type(error).__name__}: {error})") from error


def _benchmark(load: Load, phase: str) -> dict[str, Any]:
    from pytest_benchmark.stats import Stats

    times = load.tally.times[phase]
    stats = Stats()
    for quantile in range(_QUANTILES + 1):
        stats.update(times.get_value_at_percentile(100 * quantile / _QUANTILES) / 1e9)
    plan = load.plan
    params = {
        "workload": "load",
        "target": str(plan.target),
        "phase": phase,
        "connections": plan.connections,
        "rate": plan.rate_per_s,
        "requests": plan.requests,
        "size": plan.size_bytes,
        "resume": plan.resume,
        "early_data": int(plan.early_data),
        "pool": plan.pool,
        **plan.socket_options,
    }
    name = " ".join(f"{axis}={value}" for axis, value in params.items() if value)
    return {
        "group": "load",
        "name": name,
        "fullname": name,
        "params": params,
        "param": name,
        "extra_info": {"histogram_ns": _encoded(times), "count": times.get_total_count()},
        "options": {},
        "stats": {**stats.as_dict(), "data": stats.data, "iterations": 1},
    }


def _encoded(times: HdrHistogram) -> str:
    text: str = times.encode().decode("ascii")
    return text
