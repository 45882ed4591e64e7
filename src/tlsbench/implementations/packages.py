"""The packages that the extras ``implementations`` and ``quic`` bring, and where each of them has wheels."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from typing import Final

_Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Package:
    """A package that a member of the registry wraps.

    The markers of the extra in ``pyproject.toml`` say the same as the wheels here, so that a member
    without a wheel does not take the whole extra down: pip would build it from source, or fail.

    :param name: what pip calls it.
    :param machines: the processors that its wheels are for, as :func:`platform.machine` calls them; any,
        where it is pure Python.
    :param last_python: the last CPython that its wheels are for; any, where they are for the stable ABI.
    :param extra: which extra of tlsbench brings it.
    :param system: the one whose wheels have the library in them, as :data:`sys.platform` calls it; ``""`` for
        any.
    """

    name: str
    machines: tuple[str, ...] = ()
    last_python: _Version | None = None
    system: str = ""
    extra: str = "implementations"

    def lack(
        self,
        machine: str = platform.machine(),
        python: _Version = sys.version_info[:2],
        interpreter: str = platform.python_implementation(),
        system: str = sys.platform,
    ) -> str:
        """Why there is no wheel for such a machine and Python; empty if there is one."""
        if self.system and system != self.system:
            return f"{self.name} has s2n-tls only on {self.system}"
        if self.machines and machine not in self.machines:
            return f"{self.name} has no wheel for {machine}, only for {', '.join(self.machines)}"
        if self.machines and interpreter != "CPython":
            return f"{self.name} has no wheel for {interpreter}, only for CPython"
        if self.last_python and python > self.last_python:
            here, last = (".".join(map(str, version)) for version in (python, self.last_python))
            return f"{self.name} has no wheel for CPython {here}, only up to {last}"
        return ""

    def remedy(self) -> str:
        """How to install it here, or why there is nothing to install."""
        return self.lack() or f"pip install {self.name}, or '.[{self.extra}]' in a clone of tlsbench"


_COMMON: Final = ("x86_64", "aarch64", "arm64", "AMD64")

#: By the member's id.
PACKAGES: Final = {
    "utls": Package("utls", _COMMON),
    "rtls": Package("rtls", _COMMON),
    "mbedtls": Package("python-mbedtls", ("x86_64", "arm64", "AMD64"), (3, 12)),
    "tlslite": Package("tlslite-ng"),
    "s2n": Package("awscrt", ("x86_64", "aarch64"), system="linux"),
    "aioquic": Package("aioquic", _COMMON, extra="quic"),
    "qh3": Package("qh3", _COMMON, extra="quic"),
}
#: The modules by which packages are found whose name is not that of the member.
MODULES: Final = {"s2n": "awscrt"}
