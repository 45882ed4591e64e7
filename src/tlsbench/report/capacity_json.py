"""A capacity as JSON, with all its figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from tlsbench.results.benchmark_json import finite
from tlsbench.results.stored import FORMAT
from tlsbench.session.capacity import Capacity
from tlsbench.session.sizing import Sizing
from tlsbench.stats import Estimate
from tlsbench.version import __version__


def capacity_to_json(capacity: Capacity, scaling: str) -> str:
    """Every figure of a capacity, as the text of a JSON document; what is not finite becomes null.

    :param scaling: in words, how work was assumed to scale from one core to several.
    """
    request, efficiencies = capacity.request, capacity.costs.scaling.efficiencies
    document = {
        "capacity": {
            "demand": asdict(request.demand),
            "ticket_lifetime_s": request.ticket_lifetime_s,
            "beyond_tls_ns": None if request.beyond_ns is None else _plain(request.beyond_ns),
            "beyond_tls": request.beyond_words,
            "axes": dict(capacity.axes),
            "cells": dict(capacity.sources),
            "from": capacity.from_,
            "scaling": {str(count): _plain(one) for count, one in efficiencies.items()},
            "scaling_words": scaling,
            "parts": [
                {
                    "name": part.name,
                    "share_of_connections": part.share,
                    "each_ns": _plain(part.each_ns),
                    "cores": _plain(part.cores),
                }
                for part in capacity.asked.parts
            ],
            "choices": [
                {
                    "of": choice.of,
                    "name": choice.name,
                    "resumed": choice.demand.resumed,
                    **_sizing(choice.sizing),
                }
                for choice in capacity.choices
            ],
            "left_out": [asdict(one) for one in capacity.left_out],
            "engines": dict(capacity.engines),
            "warnings": list(capacity.warnings),
        },
        "tlsbench": {"format": FORMAT, "version": __version__},
    }
    return json.dumps(finite(document), indent=2, allow_nan=False) + "\n"


def _sizing(sizing: Sizing) -> Mapping[str, object]:
    return {
        "busy_cores": _plain(sizing.busy_cores),
        "cores": _plain(sizing.cores),
        "memory_bytes": None if sizing.memory_bytes is None else _plain(sizing.memory_bytes),
        "up_bits_per_s": sizing.up_bits_per_s,
        "down_bits_per_s": sizing.down_bits_per_s,
    }


def _plain(estimate: Estimate) -> Mapping[str, float]:
    interval = estimate.interval
    return {"value": estimate.value, "low": interval.low, "high": interval.high}
