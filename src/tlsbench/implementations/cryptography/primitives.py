"""``cryptography``: the primitives of the cryptography package, each ready to call.

A module for each family of :mod:`tlsbench.scenarios.subjects` builds an
:class:`~tlsbench.implementations.operations.Operation`: a call that is timed, and a check that the
call does what its name says (a round trip, a verification, a definition, or a second implementation).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import cryptography
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.bindings.openssl.binding import Binding

from tlsbench.errors import MeasurementError
from tlsbench.implementations.certificate_keys import BRAINPOOL, ED448, SECP521R1, takes
from tlsbench.implementations.cryptography import (
    certificates,
    ciphers,
    derivations,
    digests,
    exchanges,
    sealing,
    signing,
    verifications,
    verifier,
)
from tlsbench.implementations.openssl_names import CPU_INFO
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.processor import cpu_gaps
from tlsbench.implementations.verifying import Verification
from tlsbench.pki import Peers
from tlsbench.scenarios import Capabilities, Scenario, gap
from tlsbench.scenarios.algorithms import ALGORITHMS
from tlsbench.scenarios.axes import TLS_WORKLOADS

#: Each module finds the maker of an operation in its family, and can try to set up its algorithms.
_FAMILIES: Final = (ciphers, digests, derivations, exchanges, signing, sealing)


@dataclass(frozen=True, slots=True)
class Cryptography:
    """The cryptography package as a library of primitives."""

    id: str = "cryptography"
    summary: str = "the cryptography package's primitives, without TLS"

    def engine(self) -> str:
        name = " ".join(backend.openssl_version_text().split()[:2])
        return f"{name} in cryptography {cryptography.__version__}"

    def processor(self) -> str | None:
        library = Binding()
        told: bytes = library.ffi.string(library.lib.OpenSSL_version(CPU_INFO))
        return told.decode("ascii")

    def capabilities(self) -> Capabilities:
        return Capabilities(
            (
                gap("a library of primitives has no TLS", workload=TLS_WORKLOADS),
                *cpu_gaps(tells=True),
                *(
                    gap(
                        f"the verifier of cryptography {cryptography.__version__} accepts only the "
                        "CA/Browser Forum's key types",
                        workload="certificate",
                        operation="verify",
                        **{axis: verifier.UNKNOWN_TO_CRYPTOGRAPHY},
                    )
                    for axis in ("key", "intermediate_key", "root_key")
                ),
                gap(f"cryptography {cryptography.__version__} does not offer it", algorithm=not_offered()),
                gap(f"{self.engine()} refuses it", algorithm=refused()),
            ),
            supports=("workload", "cpu", *takes(*SECP521R1, *BRAINPOOL, *ED448)),
        )

    def operation(self, scenario: Scenario, peers: Peers | None = None) -> Operation:
        if peers is not None:
            return certificates.operation(scenario, peers)
        return self.primitive(scenario.algorithm, scenario.size)

    def primitive(self, algorithm: str, size_bytes: int) -> Operation:
        """See :class:`tlsbench.implementations.operations.CallsPrimitives`."""
        subject, operation = algorithm.split("/")
        make = _maker(subject, operation)
        if make is None:
            raise MeasurementError(f"{self.engine()} has no {algorithm}")
        try:
            return make(subject, operation, size_bytes)
        except UnsupportedAlgorithm as error:
            raise MeasurementError(f"{self.engine()} has no {subject}") from error

    def verification(self, scenario: Scenario) -> Verification:
        subject, operation = scenario.algorithm.split("/")
        try:
            return verifications.verification(subject, operation, scenario.size)
        except UnsupportedAlgorithm as error:
            raise MeasurementError(f"{self.engine()} has no {subject}") from error


_Maker = Callable[[str, str, int], Operation]


def _maker(subject: str, operation: str) -> _Maker | None:
    """The maker of an operation; None if there is none."""
    found = (family.find(subject, operation) for family in (verifications, *_FAMILIES))
    return next((make for make in found if make is not None), None)


@cache
def not_offered() -> tuple[str, ...]:
    """The operations that cryptography has no function for."""
    return tuple(one.name for one in ALGORITHMS if _maker(*one.name.split("/")) is None)


@cache
def refused() -> tuple[str, ...]:
    """The operations whose algorithm cryptography's engine refuses when it is tried."""
    return tuple(
        one.name
        for one in ALGORITHMS
        if one.name not in not_offered() and not _can_be_set_up(one.subject.name)
    )


@cache
def _can_be_set_up(subject: str) -> bool:
    """Whether the module that has an algorithm can set it up."""
    try:
        for family in _FAMILIES:
            family.attempt(subject)
    except (UnsupportedAlgorithm, MeasurementError):
        return False
    return True
