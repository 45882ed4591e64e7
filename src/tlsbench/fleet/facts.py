"""What a machine of a fleet says of itself, and where the machines differ."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The software of a machine, as far as figures depend on it.

    :param tlsbench: its version; ``python`` that of Python, ``dask`` that of Dask's distributed.
    :param engines: of the implementations that were asked for, with their versions.
    """

    tlsbench: str
    python: str
    dask: str
    engines: Mapping[str, str] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def rows(self) -> dict[str, str]:
        """Each fact by its name; engines without where they were found, which may differ."""
        engines = {f"engine of {name}": text.partition(" in ")[0] for name, text in self.engines.items()}
        return {"tlsbench": self.tlsbench, "Python": self.python, "Dask": self.dask, **engines}


def facts_here(implementations: Sequence[str]) -> Facts:
    """Those of this machine.

    :param implementations: whose engines are asked for; one that is not here has none.
    """
    from importlib.metadata import version

    from tlsbench.implementations import registry
    from tlsbench.version import __version__

    there = registry.implementations()
    return Facts(
        tlsbench=__version__,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        dask=version("distributed"),  # from its metadata: what measures does not import it
        engines={name: there[name].engine() if name in there else "none" for name in implementations},
    )


def differences(facts: Mapping[str, Facts]) -> Iterator[str]:
    """In which facts the machines differ, a line for each.

    :param facts: by the machine's name.
    """
    rows = {name: one.rows() for name, one in facts.items()}
    for what in dict.fromkeys(what for one in rows.values() for what in one):
        by_value: dict[str, list[str]] = {}
        for name, one in rows.items():
            by_value.setdefault(one.get(what, "none"), []).append(name)
        if len(by_value) > 1:
            usual, *others = sorted(by_value.items(), key=lambda item: -len(item[1]))
            told = "; ".join(f"{value} on {', '.join(names)}" for value, names in (*others, usual))
            yield f"{what} differs: {told}"


def host_identity() -> str:
    """What is the same for all processes on one host, whatever container they run in: its boot's number.

    Where a system has none, its name.
    """
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return socket.gethostname()


def host_name() -> str:
    """What this machine calls itself, without its domain."""
    return socket.gethostname().partition(".")[0] or f"process-{os.getpid()}"
