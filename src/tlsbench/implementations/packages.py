"""The packages of the extras ``implementations`` and ``quic``, and the platforms their wheels are for."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from typing import Final

_Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Package:
    """A package that a member of the registry wraps.

    The markers of the extra in ``pyproject.toml`` match the wheels here, so that a member without a wheel
    does not break the whole extra: pip would build it from source, or fail.

    :param name: its name for pip.
    :param machines: the processors that its wheels support, as named by :func:`platform.machine`; empty if
        it is pure Python.
    :param last_python: the last CPython that its wheels support; None if they are for the stable ABI.
    :param extra: the extra of tlsbench that includes it.
    :param system: the only system whose wheels contain the library, as in :data:`sys.platform`; ``""`` for
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
        """Why there is no wheel for this machine and Python; ``""`` if there is one."""
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
        """How to install it here, or why it cannot be installed."""
        return self.lack() or f"pip install {self.name}, or '.[{self.extra}]' in a clone of tlsbench"


_COMMON: Final = ("x86_64", "aarch64", "arm64", "AMD64")

#: By the id of the member.
PACKAGES: Final = {
    "utls": Package("utls", _COMMON),
    "rtls": Package("rtls", _COMMON),
    "mbedtls": Package("python-mbedtls", ("x86_64", "arm64", "AMD64"), (3, 12)),
    "tlslite": Package("tlslite-ng"),
    "s2n": Package("awscrt", ("x86_64", "aarch64"), system="linux"),
    "aioquic": Package("aioquic", _COMMON, extra="quic"),
    "qh3": Package("qh3", _COMMON, extra="quic"),
}
#: The names of modules that differ from the id of the member.
MODULES: Final = {"s2n": "awscrt"}
