"""Single operations of a library, measured without TLS or as parts of a handshake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tlsbench.implementations.contract import Implementation
from tlsbench.scenarios import Scenario

if TYPE_CHECKING:  # listing the implementations imports this module, and needs no keys
    from tlsbench.pki import Peers


@dataclass(frozen=True, slots=True)
class Operation:
    """A primitive, ready to run.

    :param call: runs one operation; its result is discarded during timing.
    :param verify: raises :class:`~tlsbench.errors.ProofError` unless the operation does what its
        name says; run outside the timed part.
    :param around: for a C library called from Python, the same calls of functions that do nothing: their
        time does not belong to the operation.
    """

    call: Callable[[], object]
    verify: Callable[[], None]
    around: Callable[[], object] | None = None


@runtime_checkable
class PrimitiveImplementation(Implementation, Protocol):
    """A library whose single operations are measured, on one side and without TLS."""

    def operation(self, scenario: Scenario, peers: Peers | None = None) -> Operation:
        """The operation that the scenario names.

        :param peers: the peers whose certificates ``scenario.operation`` works on; None for a primitive,
            which is ``scenario.algorithm`` over ``scenario.size`` bytes.
        """


@runtime_checkable
class CallsPrimitives(Implementation, Protocol):
    """A library that can run single operations of the engine beneath its TLS, as ``parts=yes`` requires.

    A TLS library declares this in its capabilities: ``supports=("parts",)``.
    """

    def primitive(self, algorithm: str, size_bytes: int) -> Operation:
        """An operation of that engine.

        :param algorithm: a name of :mod:`tlsbench.scenarios.algorithms`, such as ``"x25519/keygen"``.
        :param size_bytes: how much data it works on; 0 if it has no size.
        :raises MeasurementError: if the engine does not have it.
        """
