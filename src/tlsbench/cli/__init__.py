"""The command line: ``tlsbench``.

Nothing heavy is imported here, by :mod:`tlsbench.cli.app` or by the declarations of the commands: each
command brings its own imports when it is called, so that ``tlsbench --help`` answers at once.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; the return value is the exit code."""
    from tlsbench.cli.app import run

    return run(sys.argv[1:])
