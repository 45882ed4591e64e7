from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

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
