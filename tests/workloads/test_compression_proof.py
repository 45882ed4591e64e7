"""Tests of the proof of compressed certificates: true handshakes are taken, and every lie is caught."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from tlsbench.errors import ProofError
from tlsbench.implementations import registry
from tlsbench.implementations.found_files import found_libraries
from tlsbench.scenarios import Scenario
from tlsbench.session.selecting import matrix_of
from tlsbench.workloads import prepare
from tlsbench.workloads.handshake import Handshake


def scenario_of(selector: str) -> Scenario:
    """The one cell of a selector, or why there is none."""
    matrix = matrix_of([f"workload=handshake version=1.3 {selector}"])
    if not matrix.scenarios:
        pytest.skip(matrix.excluded[0].reason)
    return matrix.scenarios[0]
