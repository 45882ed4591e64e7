from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tlsbench.errors import RequestError
from tlsbench.session.placing import pin_to
from tlsbench.topology import PINS_THREADS

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="only Linux lets a process choose"
)


@pytest.mark.parametrize("text", ["", "x", "0,", "-1", "1-", "4096", "3-2", "0-4096"])
def test_what_names_no_processors_of_this_machine_is_refused(text: str) -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(RequestError, match="--pin"):
        pin_to(text)
    assert os.sched_getaffinity(0) == before
    assert PINS_THREADS not in os.environ


@pytest.mark.parametrize("text", ["all", "some"])
def test_a_process_and_those_that_it_starts_stay_on_the_processors_that_are_named(text: str) -> None:
    usable = sorted(os.sched_getaffinity(0))
    chosen = usable if text == "all" else usable[-2:]
    named = text if text == "all" else ",".join(map(str, chosen))
    script = (
        "import os, subprocess, sys; from tlsbench.session.placing import pin_to; "
        f"pin_to({named!r}); "
        "print(subprocess.run([sys.executable, '-c', 'import os; print(os.sched_getaffinity(0), "
        f'os.environ["{PINS_THREADS}"])\'], capture_output=True, text=True).stdout)'
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.split() == [*str(set(chosen)).split(), "1"]
