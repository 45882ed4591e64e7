"""The text of ``tlsbench --help``: the list of commands. It imports nothing heavy, not even typer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: The commands, modules of :mod:`tlsbench.cli.commands`, each with its line in the overview.
COMMANDS: Final[dict[str, str]] = {
    "run": "Measure scenarios and print the table.",
    "list": "List scenarios, implementations, axes, profiles, interop.",
    "show": "Print a stored result.",
    "trace": "Show one handshake message by message, decrypted.",
    "duel": "Compare two scenarios or environments, measured together.",
    "compare": "Compare two stored results.",
    "report": "Write an HTML page about a result.",
    "plot": "Draw one picture of a result.",
    "history": "Show how cells changed over the saved runs.",
    "load": "Load a TLS server with many connections.",
    "capacity": "Estimate the cores, memory and bandwidth of a load.",
    "constant-time": "Check whether verification takes constant time.",
    "serve": "Serve TLS with any implementation, as a load's target.",
    "engines": "List the TLS libraries on this machine.",
    "doctor": "Check how well this machine suits benchmarks.",
    "fleet": "Measure on, or load from, many machines at once.",
    "certs": "Create, inspect and verify certificates, and see demos.",
}
#: The variable with which a shell requests completions; typer names it after the program.
COMPLETES: Final = "_TLSBENCH_COMPLETE"
_TEXT: Final = """Usage: tlsbench [OPTIONS] COMMAND [ARGS]...

  What TLS and its cryptography cost on this machine, with proof of what was
  measured.

  Three to start with:
    tlsbench run
    tlsbench run key=rsa-2048,ecdsa-secp256r1 resumption=none,psk
    tlsbench run --profile post-quantum --save baseline

  And to see certificates work, or fail:
    tlsbench certs demo chain

Options:
  --version             Print the versions of tlsbench and of each engine.
  --install-completion  Complete commands, axes and values in this shell.
  --show-completion     Print the script that does so.
  -h, --help            Show this message and exit.

Commands:
"""


def asks_for_overview(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for the list of commands."""
    return not arguments or arguments[0] in ("-h", "--help")


def overview() -> str:
    """The help of the command line as a whole."""
    width = max(map(len, COMMANDS))
    return _TEXT + "\n".join(f"  {name:<{width}}  {line}" for name, line in COMMANDS.items())
