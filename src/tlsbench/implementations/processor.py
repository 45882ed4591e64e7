"""The axis ``cpu``: which processor features an engine may use, how they are set, and what it reports.

OpenSSL reads the variable ``OPENSSL_ia32cap`` when it is loaded, see OPENSSL_ia32cap(3): words of features as
CPUID returns them, each of which may be a mask of features to disable. BoringSSL and AWS-LC (which rustls
uses here) also obey its first two words.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from tlsbench.scenarios import Gap, gap
from tlsbench.scenarios.axes import AXES

_VARIABLE: Final = "OPENSSL_ia32cap"
_ECX: Final = 32
_ALL: Final = (1 << 64) - 1


def _bits(*numbers: int) -> int:
    return sum(1 << number for number in numbers)


#: The bits that each value of the axis clears, by word: CPUID leaf 1, EDX and ECX; leaf 7, EBX and ECX; more.
_TAKEN: Final[Mapping[str, tuple[int, ...]]] = {
    # AES-NI and PCLMULQDQ; VAES and VPCLMULQDQ
    "no-aes": (_bits(_ECX + 25, _ECX + 1), _bits(_ECX + 9, _ECX + 10)),
    # F, DQ, IFMA, PF, ER, CD, BW, VL; VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ
    "no-avx512": (0, _bits(16, 17, 21, 26, 27, 28, 30, 31, *(_ECX + bit for bit in (1, 6, 11, 12, 14)))),
    # SSE3 and everything later, so that what every x86-64 has is left
    "baseline": (_ALL << _ECX & _ALL, _ALL, _ALL, _ALL, _ALL),
}
#: The feature that each value is about, as /proc/cpuinfo spells it; without it there is nothing to disable.
_FLAGS: Final = {"no-aes": "aes", "no-avx512": "avx512f", "baseline": "ssse3"}
_WORDS = re.compile(rf"{_VARIABLE}=((?:0x[0-9a-f]+:?)+)")


@runtime_checkable
class TellsProcessor(Protocol):
    """An implementation whose engine reports which features of the processor it uses."""

    def processor(self) -> str | None:
        """What ``OpenSSL_version(OPENSSL_CPU_INFO)`` returns; None if it cannot be called."""


def variables(cpu: str) -> Mapping[str, str]:
    """The environment variables that a process needs for a value of the axis."""
    if cpu not in _TAKEN:
        return {}
    return {_VARIABLE: ":".join(f"~{word:#x}" for word in _TAKEN[cpu])}


def still_used(cpu: str, told: str) -> str | None:
    """The features that an engine still uses although they should be disabled.

    :param told: its own report.
    :returns: the words of remaining features; None if there are none.
    """
    found = _WORDS.search(told)
    if found is None:
        return f"a report without {_VARIABLE}: {told!r}"
    words = [int(word, 16) for word in found[1].strip(":").split(":")]
    left = [word & taken for word, taken in zip(words, _TAKEN[cpu], strict=False)]
    return ":".join(f"{word:#x}" for word in left) if any(left) else None


def cpu_gaps(*, tells: bool) -> tuple[Gap, ...]:
    """The gaps of an engine that obeys the variable.

    :param tells: whether it reports what it uses; if not, only what changes its speed by a lot is proved.
    """
    gaps = [
        gap(f"this processor has no {flag} to disable", cpu=cpu)
        for cpu, flag in _FLAGS.items()
        if flag not in _features()
    ]
    if not tells:
        gaps.append(gap("it does not say whether it uses AVX-512", cpu="no-avx512"))
    return tuple(gaps)


def with_aes(*, has_aes: bool) -> tuple[str, ...]:
    """The values of the axis with which an engine has AES instructions, or those with which it has none."""
    values = tuple(
        cpu for cpu in AXES["cpu"].values if "aes" in _features() and cpu in ("native", "no-avx512")
    )
    return values if has_aes else tuple(cpu for cpu in AXES["cpu"].values if cpu not in values)


@cache
def _features() -> frozenset[str]:
    """The features that the kernel reports for an x86-64 processor; none for any other."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return frozenset()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return frozenset(_FLAGS.values())  # not Linux; whether they exist is proved later
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.split())
