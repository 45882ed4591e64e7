"""The command line: ``tlsbench``.

Nothing heavy is imported here, by :mod:`tlsbench.cli.app` or by the declarations of the commands: each
command does its own imports when it is called, so that ``tlsbench --help`` answers at once.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line as a process of its own; return the exit code."""
    try:
        from tlsbench.interrupts import Interrupted, ended_by_signals

        with ended_by_signals() as stop:
            try:
                from tlsbench.cli.app import run
                from tlsbench.cli.streams import standard_streams

                with standard_streams() as ended:
                    code = ended(run(sys.argv[1:]))
            except Interrupted as end:
                return end.exit_code
            return stop.exit_code if stop() else code
    except KeyboardInterrupt:  # before our own handler was installed
        return 130
