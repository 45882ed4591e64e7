"""Gaps that several libraries have in common, in the same words."""

from __future__ import annotations

from typing import Final

from tlsbench.scenarios import gap
from tlsbench.scenarios.axes import ONE_SIDED_WORKLOADS

NO_SINGLE_OPERATIONS: Final = gap(
    "a TLS library: primitives and certificates are in cryptography", workload=ONE_SIDED_WORKLOADS
)
NO_EARLY_DATA: Final = gap("it has no early data", resumption="early-data")
NO_STAPLING: Final = gap("it staples no OCSP response", ocsp="stapled")
