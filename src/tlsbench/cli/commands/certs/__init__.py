"""``tlsbench certs``: its commands, and its help."""

from __future__ import annotations

from typing import Final

#: Modules beside this one; the first line of each one's help is its line here.
COMMANDS: Final = ("init", "show", "verify", "serve", "demo")
HELP: Final = r"""Make certificates, look at them, and see them work or fail.

\b
Examples:
  tlsbench certs demo chain
  tlsbench certs init pki
  tlsbench certs show pki/server-chain.pem
"""
