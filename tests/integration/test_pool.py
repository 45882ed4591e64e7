"""Pools behind TCP load balancers, by the example in the documentation: what clients really resume."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.conftest import find

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(600)]
SCRIPT = Path(__file__).parents[2] / "docs/examples/pool.py"
_LINE = re.compile(r"2 backends, (.+): ([0-9,]+) of ([0-9,]+) resumed \(")


@pytest.mark.parametrize("balancer", ["nginx", "haproxy", "none"])
def test_a_pool_resumes_one_in_its_number_without_shared_keys_and_all_with_them(balancer: str) -> None:
    """Clients return at random, like that many coin tosses: six standard deviations are allowed."""
    if balancer != "none":
        find(balancer)
    module = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
    if balancer == "nginx" and not module.exists() and not os.environ.get("CI"):
        pytest.skip("nginx has no module for streams")
    command = [sys.executable, str(SCRIPT), balancer, "--backends", "2", "--clients", "40"]
    done = subprocess.run(
        [*command, "--duration", "2s", "--warm-up", "1s"], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr
    own, shared = (_LINE.fullmatch(line.partition("(")[0] + "(") for line in done.stdout.splitlines())
    assert own is not None
    assert shared is not None
    assert (own[1], shared[1]) == ("ticket keys of their own", "shared ticket keys")
    # Each client's first handshake is full, and so are those that start before the last of them; most of
    # these are in the warm-up, unless the machine is very busy.
    first = 40 + 10
    resumed, of = (int(own[group].replace(",", "")) for group in (2, 3))
    assert (of - first) / 2 - 3 * of**0.5 <= resumed <= of / 2 + 3 * of**0.5
    resumed, of = (int(shared[group].replace(",", "")) for group in (2, 3))
    assert of - resumed <= first
