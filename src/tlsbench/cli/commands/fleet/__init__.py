"""``tlsbench fleet``: its commands, and its help."""

from __future__ import annotations

from typing import Final

#: Sibling modules; the first line of each one's help is its line in this help.
COMMANDS: Final = ("start", "certs", "doctor", "run", "load")
HELP: Final = r"""Measure on, or load from, many machines at once (Dask).

\b
Examples:
  tlsbench fleet load 127.0.0.1:8443 --local 2          try it on this machine
  tlsbench fleet certs
  tlsbench fleet start --hosts a,b,c --bind 192.0.2.1 --port 8786
  tlsbench fleet run --profile quick --scheduler tls://192.0.2.1:8786
"""
