"""A load as pytest-benchmark JSON: a benchmark for each phase, with its histogram in ``extra_info``."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from hdrh.histogram import HdrHistogram

from tlsbench.errors import RequestError
from tlsbench.forwarding import Forwarded
from tlsbench.loading import BackendLoad, Load, LoadPlan, LoadTally, Threshold, parse_threshold
from tlsbench.loading.machines import MachineLoad
from tlsbench.loading.seconds import QUANTILES, Second
from tlsbench.loading.server_side import Spent
from tlsbench.loading.tally import PHASES, QUIC_RTT, TCP_RTT, histogram
from tlsbench.processes import Vitals
from tlsbench.results.benchmark_json import finite
from tlsbench.results.stored import FORMAT
from tlsbench.results.strict import Node, record

#: The quantiles that represent a distribution instead of the data that pytest-benchmark expects.
_QUANTILES = 1000
_LARGEST_PORT = 65535
#: Parameters that are omitted if they are empty, as loads of older versions lack them.
_OF_SEVERAL = ("backend", "clients")
#: HdrHistogram's encoding: an outer header of cookie and length; then, compressed by zlib, cookie, length,
#: offset, digits, lowest and highest value, and a ratio (big-endian), followed by the counts.
_OUTER_BYTES = 8
_INNER = struct.Struct(">iiiiqqd")
#: tlsbench's histograms have fewer than 2^16 counts, of at most nine bytes each.
_LARGEST_PAYLOAD_BYTES = 1 << 20


def load_to_json(
    load: Load, machine_info: Mapping[str, Any], command: str, taken_at: datetime | None = None
) -> str:
    """The load as the text of a pytest-benchmark JSON file.

    :param taken_at: now if None.
    """
    from pytest_benchmark import __version__ as pytest_benchmark_version
    from pytest_benchmark.utils import get_commit_info

    tally = load.tally
    document = {
        "machine_info": machine_info,
        "commit_info": get_commit_info(),
        "benchmarks": [
            _benchmark(load.plan, backend, phase, times)
            for backend, found in (("", tally), *((str(one.target), one.tally) for one in load.backends))
            for phase in PHASES
            if (times := found.times[phase]).get_total_count()
        ],
        "datetime": (taken_at or datetime.now(UTC)).isoformat(),
        "version": pytest_benchmark_version,
        "tlsbench": {
            "format": FORMAT,
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
                "forwarded": asdict(load.forwarded) if load.forwarded else None,
                "vitals": load.vitals,
                "seconds": [asdict(one) for one in load.seconds],
                "thresholds": [one.text for one in load.thresholds],
                "remarks": list(load.remarks),
                "tally": tally.to_plain(),
                **_of_backends(load),
                **_of_fleet(load),
            },
        },
    }
    return json.dumps(finite(document), allow_nan=False)


def _of_fleet(load: Load) -> dict[str, Any]:
    """The members that only a load by a fleet has."""
    if not load.machines:
        return {}
    machines = [
        {**{name: getattr(one, name) for name in MachineLoad.__slots__}, "tally": one.tally.to_plain()}
        for one in load.machines
    ]
    return {"machines": machines, "differences": list(load.differences)}


def _of_backends(load: Load) -> dict[str, Any]:
    """The members that only a load of several backends has."""
    if not load.backends:
        return {}
    return {
        "evenness": asdict(load.evenness) if load.evenness else None,
        "backends": [
            {
                **one.counts_to_plain(),
                "seconds": [asdict(second) for second in one.seconds],
                "server": asdict(one.server) if one.server else None,
                "forwarded": asdict(one.forwarded) if one.forwarded else None,
            }
            for one in load.backends
        ],
    }


def load_of(section: Node) -> Load:
    """The load that a document has under ``tlsbench.load``.

    :raises DocumentError: if it is not a load.
    """
    plan, tally = section["plan"], section["tally"]
    load = Load(
        record(plan, LoadPlan, least=0),
        _tally(tally),
        elapsed_s=section["elapsed_s"].number(0.0),
        interrupted=section["interrupted"].flag(),
        lost=section["lost_workers"].texts(),
        vitals=tuple(
            tuple(_vitals(moment) for moment in process.each()) for process in section["vitals"].each()
        ),
        remarks=section["remarks"].texts(),
        server=record(server, Spent, least=0) if (server := section.get("server")) else None,
        forwarded=record(line, Forwarded, least=0) if (line := section.get("forwarded")) else None,
        seconds=tuple(_second(one) for one in seconds.each()) if (seconds := section.get("seconds")) else (),
        thresholds=tuple(map(_threshold, texts.each())) if (texts := section.get("thresholds")) else (),
        backends=tuple(map(_backend, backends.each())) if (backends := section.get("backends")) else (),
        machines=tuple(map(_machine, machines.each())) if (machines := section.get("machines")) else (),
        differences=differing.texts() if (differing := section.get("differences")) else (),
    )
    if load.plan.workers < 1:
        raise plan["workers"].fault("a whole number of at least 1")
    for target, its in zip(load.plan.targets, (plan["target"], *_others(plan)), strict=True):
        if target.port > _LARGEST_PORT:
            raise its["port"].fault(f"a port of at most {_LARGEST_PORT}")
    if load.plan.others and [one.target for one in load.backends] != list(load.plan.targets):
        raise section["backends"].fault(
            f"the results of {', '.join(map(str, load.plan.targets))}, in that order"
        )
    return load


def _machine(node: Node) -> MachineLoad:
    found: MachineLoad = record(node, MachineLoad, tally=_tally)
    if found.processes < 1:
        raise node["processes"].fault("a whole number of at least 1")
    return found


def _others(plan: Node) -> Iterator[Node]:
    others = plan.get("others")
    return others.each() if others is not None else iter(())


def _tally(node: Node) -> LoadTally:
    return record(node, LoadTally, least=0, times=_histograms)


def _backend(node: Node) -> BackendLoad:
    return record(
        node,
        BackendLoad,
        least=0,
        tally=_tally,
        seconds=lambda seconds: tuple(_second(one) for one in seconds.each()),
    )


def _second(node: Node) -> Second:
    found = record(node, Second, least=0)
    if any(phase not in PHASES or len(times) != len(QUANTILES) for phase, times in found.times_ns.items()):
        raise node["times_ns"].fault(f"an array of {', '.join(QUANTILES)} for each of {', '.join(PHASES)}")
    return found


def _threshold(node: Node) -> Threshold:
    try:
        return parse_threshold(node.text())
    except RequestError:
        raise node.fault("a threshold, such as p99<50ms") from None


def _vitals(node: Node) -> Vitals:
    parts = list(node.each())
    if len(parts) != len(Vitals._fields):
        raise node.fault(f"an array of {', '.join(Vitals._fields)}")
    connections, resident_bytes, cpu_s = parts
    return Vitals(connections.whole(0), resident_bytes.whole(0), cpu_s.number(0.0))


def _histograms(node: Node) -> dict[str, HdrHistogram]:
    def of(phase: str) -> HdrHistogram:
        # older versions did not query the kernel, and had no QUIC
        is_newer = phase in (TCP_RTT, QUIC_RTT) and node.get(phase) is None
        return histogram() if is_newer else _histogram(node[phase])

    return {phase: of(phase) for phase in PHASES}


def _histogram(node: Node) -> HdrHistogram:
    """The histogram that a text encodes; its range and precision must be ours, so that it can be added."""
    text = node.text()
    try:
        found = HdrHistogram.decode(text) if _is_of_ours(text) else None
    except Exception:  # noqa: BLE001 - base64, zlib, struct and HdrHistogram have each their own
        found = None
    if found is None:
        raise node.fault("an HdrHistogram of nanoseconds (V2, compressed, base64)")
    return found


def _is_of_ours(text: str) -> bool:
    """Whether a text encodes a histogram shaped like :func:`tlsbench.loading.tally.histogram`."""
    ours = histogram()
    unpacking = zlib.decompressobj()
    packed = base64.b64decode(text, validate=True)[_OUTER_BYTES:]
    payload = unpacking.decompress(packed, _LARGEST_PAYLOAD_BYTES)
    _, length, _, *shape, _ = _INNER.unpack_from(payload)
    is_whole = not unpacking.unconsumed_tail and length <= len(payload) - _INNER.size
    own = [ours.significant_figures, ours.lowest_trackable_value, ours.highest_trackable_value]
    return is_whole and shape == own


def _benchmark(plan: LoadPlan, backend: str, phase: str, times: HdrHistogram) -> dict[str, Any]:
    """A phase of a whole load, or of one of several backends."""
    from pytest_benchmark.stats import Stats

    stats = Stats()
    percentiles = [100 * quantile / _QUANTILES for quantile in range(_QUANTILES + 1)]
    values = times.get_percentile_to_value_dict(percentiles)  # in one pass: one by one takes 80 times as long
    for percentile in percentiles:
        stats.update(values[percentile] / 1e9)
    params = {
        "workload": "load",
        "target": plan.where,
        "backend": backend,
        "phase": phase,
        "connections": plan.connections,
        "rate": plan.rate_per_s,
        "requests": plan.requests,
        "size": plan.size_bytes,
        "resume": plan.resume,
        "early_data": int(plan.early_data),
        "pool": plan.pool,
        **plan.socket_options,
        "clients": plan.clients,
    }
    if plan.others:
        params |= {"spread": plan.spread, "when_down": plan.when_down}
    params = {name: value for name, value in params.items() if value or name not in _OF_SEVERAL}
    if plan.http:
        params |= {"http": plan.http, "streams": plan.streams if plan.has_streams else 0}
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
