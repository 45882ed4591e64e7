"""Operations that accept or reject, with inputs of several kinds: what a check for constant time calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from tlsbench.errors import ProofError
from tlsbench.implementations.operations import PrimitiveImplementation
from tlsbench.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Verification:
    """An operation that accepts or rejects its input, and inputs for it.

    :param call: takes one input. If it rejects the input, it returns False or raises one of ``refusals``.
    :param inputs: by kind, such as ``"wrong in its first byte"``, what makes an input of that kind: a new
        object each time.
    :param accepted: the kinds that it accepts.
    :param contrasts: the pairs of kinds whose times are to be compared.
    """

    call: Callable[[Any], object]
    refusals: tuple[type[Exception], ...]
    inputs: Mapping[str, Callable[[], Any]]
    accepted: frozenset[str]
    contrasts: Sequence[tuple[str, str]]

    def accepts(self, given: object) -> bool:
        """Whether it accepts an input."""
        try:
            return self.call(given) is not False
        except self.refusals:
            return False

    def prove(self, algorithm: str) -> None:
        """Check that every kind of input is accepted or rejected as it should be.

        :raises ProofError: if one is not.
        """
        for kind, make in self.inputs.items():
            if self.accepts(make()) != (kind in self.accepted):
                wanted, got = ("accepted", "refused")[:: 1 if kind in self.accepted else -1]
                raise ProofError(f"{algorithm}: {kind}", wanted=wanted, got=got, witness="client")


@runtime_checkable
class VerifyingImplementation(PrimitiveImplementation, Protocol):
    """A library whose verifying operations can be given inputs that they must reject."""

    def verification(self, scenario: Scenario) -> Verification:
        """The operation that ``scenario.algorithm`` names, over ``scenario.size`` bytes.

        :raises MeasurementError: if the engine does not have it.
        """
