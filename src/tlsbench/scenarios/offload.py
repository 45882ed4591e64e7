"""The axis for TLS offload to the kernel, which may seal the records and read the file that they carry."""

from __future__ import annotations

from typing import Final

from tlsbench.scenarios.axis import row

OFFLOAD: Final = row(
    meaning="who encrypts the records: the library, the kernel (kTLS), or the kernel while it reads a file",
    values=("none", "ktls", "sendfile"),
    default=("none",),
    neutral="none",
    workloads=("bulk",),
    rare=True,
    denied="it encrypts every record itself",
)
