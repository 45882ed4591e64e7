from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.results.documents import document as stored_document

from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info

pytest.importorskip("plotly")


@pytest.fixture
def document(run_of: Callable[[str], Run]) -> dict[str, Any]:
    """A stored run of handshakes, full and resumed, with two key types."""
    run = run_of("implementation=fake version=1.2,1.3 key=rsa-2048,ecdsa-secp256r1")
    found: dict[str, Any] = json.loads(to_json(run, machine_info()))
    return found


@pytest.fixture
def load_document() -> dict[str, Any]:
    """A stored load, with its course."""
    found = stored_document("load.json")
    found["tlsbench"]["load"]["seconds"] = [
        {
            "at_s": float(at),
            "handshakes": 100 + at,
            "requests": 100 + at,
            "failed": at % 3,
            "open": 2,
            "times_ns": {"handshake": [1e6 + 1e5 * at, 5e6], "connection": [2e6, 9e6 + 1e5 * at]},
        }
        for at in range(1, 8)
    ]
    return found
