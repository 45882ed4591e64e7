"""What a machine of a fleet reports about itself, and how the machines differ."""

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
    """The software of a machine that affects its figures.

    :param tlsbench: its version; ``python`` is that of Python, ``dask`` that of Dask's distributed.
    :param engines: by implementation, its engine with the version, for the implementations in question.
    """

    tlsbench: str
    python: str
    dask: str
    engines: Mapping[str, str] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """The facts as plain values."""
        return asdict(self)

    def rows(self) -> dict[str, str]:
        """Each fact by its name; engines without their location, which may differ."""
        engines = {f"engine of {name}": text.partition(" in ")[0] for name, text in self.engines.items()}
        return {"tlsbench": self.tlsbench, "Python": self.python, "Dask": self.dask, **engines}


def facts_here(implementations: Sequence[str]) -> Facts:
    """The facts about this machine.

    :param implementations: the implementations whose engines are reported: ``"none"`` if one is not here.
    """
    from importlib.metadata import version

    from tlsbench.implementations import registry
    from tlsbench.version import __version__

    there = registry.implementations()
    return Facts(
        tlsbench=__version__,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        dask=version("distributed"),  # from its metadata: a measuring process must not import it
        engines={name: there[name].engine() if name in there else "none" for name in implementations},
    )


def differences(facts: Mapping[str, Facts]) -> Iterator[str]:
    """The facts in which the machines differ, one line each.

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
    """The boot ID, which all processes on a host share, even in different containers.

    On a system without one, its host name.
    """
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return socket.gethostname()


def host_name() -> str:
    """The host name of this machine, without its domain."""
    return socket.gethostname().partition(".")[0] or f"process-{os.getpid()}"
