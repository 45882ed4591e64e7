"""Environment variables that change what a library costs, and those that a scenario does not tolerate."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

from tlsbench.scenarios import Scenario

#: Set the processor features that engines may use; only the axis ``cpu`` may do that.
_PROCESSOR: Final = (
    *("OPENSSL_ia32cap", "OPENSSL_armcap", "OPENSSL_ppccap", "OPENSSL_riscvcap", "OPENSSL_s390xcap"),
    "GNUTLS_CPUID_OVERRIDE",
)
#: Replace the allocator that ``workload=memory`` queries, or make it use more memory.
_ALLOCATOR: Final = ("LD_PRELOAD", "MALLOC_*")
#: All of them, as shell patterns.
_PATTERNS: Final = (
    *_PROCESSOR,
    *("OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "OPENSSL_MALLOC_*"),
    *("CRYPTOGRAPHY_OPENSSL_NO_LEGACY", "GNUTLS_SYSTEM_PRIORITY_*", "GNUTLS_FORCE_FIPS_MODE"),
    *("LD_AUDIT", "LD_BIND_NOW", "LD_LIBRARY_PATH", "LD_PROFILE"),
    *_ALLOCATOR,
    *("GLIBC_TUNABLES", "MIMALLOC_*", "TCMALLOC_*", "DYLD_INSERT_LIBRARIES", "DYLD_LIBRARY_PATH"),
    *("PYTHONMALLOC", "PYTHONMALLOCSTATS", "PYTHONDEVMODE", "PYTHONTRACEMALLOC", "PYTHON_GIL", "PYTHON_JIT"),
    *("GODEBUG", "GOGC", "GOMAXPROCS"),
)


def influences(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that are set and that change figures, by name.

    :param environment: this process's by default.
    """
    return _matching(_PATTERNS, os.environ if environment is None else environment)


def not_borne(scenario: Scenario, environment: Mapping[str, str] | None = None) -> frozenset[str]:
    """The variables that are set and that a scenario must be measured without.

    :param environment: this process's by default.
    """
    patterns = (*_PROCESSOR, *(_ALLOCATOR if scenario.workload == "memory" else ()))
    return frozenset(_matching(patterns, os.environ if environment is None else environment))


def _matching(patterns: tuple[str, ...], environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: environment[name]
        for name in sorted(environment)
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    }
