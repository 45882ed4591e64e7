"""Single operations of a library, which are measured without TLS, or as the parts of a handshake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tlsbench.implementations.contract import Implementation
from tlsbench.scenarios import Scenario

if TYPE_CHECKING:  # the contract is read to list what there is, which needs no keys
    from tlsbench.pki import Peers


@dataclass(frozen=True, slots=True)
class Operation:
    """A primitive, ready to run.

    :param call: one operation; what it returns is thrown away while it is timed.
    :param verify: raises :class:`~tlsbench.errors.ProofError` unless the operation does what its
        name says; run outside the timed part.
    :param around: the same calls of functions that do nothing, where a library in C is called from Python:
        the time for that is not the operation's.
    """

    call: Callable[[], object]
    verify: Callable[[], None]
    around: Callable[[], object] | None = None


@runtime_checkable
class PrimitiveImplementation(Implementation, Protocol):
    """A library whose single operations are measured, on one side and without TLS."""

    def operation(self, scenario: Scenario, peers: Peers | None = None) -> Operation:
        """The operation that the scenario names.

        :param peers: whose certificates ``scenario.operation`` is about; None for a primitive, which is
            ``scenario.algorithm`` over ``scenario.size`` bytes.
        """


@runtime_checkable
class CallsPrimitives(Implementation, Protocol):
    """A library that calls single operations of the very engine that its TLS runs on, as ``parts=yes`` needs.

    Its capabilities say ``supports=("parts",)`` if it is a TLS library.
    """

    def primitive(self, algorithm: str, size_bytes: int) -> Operation:
        """An operation of that engine.

        :param algorithm: a name of :mod:`tlsbench.scenarios.algorithms`, such as ``"x25519/keygen"``.
        :param size_bytes: how much data it works on; 0 where it has no size.
        :raises MeasurementError: if the engine does not have it.
        """
