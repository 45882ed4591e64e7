"""``tlsbench certs``: its commands, and its help."""

from __future__ import annotations

from typing import Final

#: Sibling modules; the first line of each one's help is its line in this help.
COMMANDS: Final = ("init", "show", "verify", "serve", "demo")
HELP: Final = r"""Make certificates, look at them, and see them work or fail.

\b
Examples:
  tlsbench certs demo chain
  tlsbench certs init pki
  tlsbench certs show pki/server-chain.pem
"""
