from __future__ import annotations

import subprocess
import sys


def test_the_counted_process_loads_nothing_whose_instructions_vary() -> None:
    """numpy starts threads when it is imported, and what these execute differs between processes."""
    program = "import sys, tlsbench.workloads.counted; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
