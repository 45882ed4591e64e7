"""Check whether operations that verify their input take the same time for any input."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tlsbench.errors import RequestError
from tlsbench.implementations import Verification, VerifyingImplementation
from tlsbench.implementations.registry import ends_of, spellings
from tlsbench.interrupts import may_be_cut
from tlsbench.results.environment import engines
from tlsbench.results.machine import governor
from tlsbench.sampling import Progress
from tlsbench.sampling.calls import time_calls
from tlsbench.scenarios import Scenario, parse
from tlsbench.scenarios.algorithms import ALGORITHMS
from tlsbench.session.selecting import matrix_of
from tlsbench.stats import TimedCalls, TimingDifference, timing_difference

#: What is checked unless selectors say otherwise.
USUAL: Final = (
    *("aes-128-gcm/decrypt", "chacha20-poly1305/decrypt", "hmac-sha-256/verify", "bytes/compare"),
    *("ecdsa-secp256r1/verify", "ed25519/verify", "rsa-2048/verify", "rsa-2048/decrypt_pkcs1"),
)
#: Small, as some records and tags are, so that a difference is not lost in the work on the data.
USUAL_SIZE: Final = "64B"
EPOCHS: Final = 20
_METHOD: Final = (
    "{epochs} epochs in {elapsed_s:.0f} s; single calls in random order, each kind with two sets of inputs; "
    "the difference is the median of the epochs' (trimmed) means, the floor is the difference between two "
    "sets of one kind, t is Welch's or Yuen's"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """An operation to check.

    :param make: creates it anew, with inputs of its own.
    """

    scenario: Scenario
    make: Callable[[], Verification]


@dataclass(frozen=True, slots=True)
class Checked:
    """Two kinds of input to one operation, and how their times differ.

    :param a: the kind with which the other, ``b``, is compared.
    :param differs_in_outcome: whether one is accepted and the other refused, so that the difference is
        public.
    """

    scenario: Scenario
    a: str
    b: str
    differs_in_outcome: bool
    found: TimingDifference

    @property
    def id(self) -> str:
        """The id of the scenario, with both kinds."""
        return f"{self.scenario.id} ({self.b} / {self.a})"

    @property
    def leaks(self) -> bool:
        """Whether times distinguish inputs that have the same outcome."""
        return self.found.is_found and not self.differs_in_outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantTime:
    """A whole check; ``interrupted`` if it ended early, without results if during its first epoch."""

    results: Sequence[Checked]
    method: str
    seed: int
    governor: str | None = None
    engines: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False


def subjects_of(selectors: Sequence[str]) -> list[Subject]:
    """The operations that the selectors describe; the :data:`USUAL` ones if they name no algorithm.

    :raises RequestError: for an invalid selector, or an operation that does not verify.
    """
    axes = parse(selectors, spellings())
    if axes.get("workload", ("primitive",)) != ("primitive",):
        raise RequestError("only primitives can be checked: leave out workload=")
    usual = {"algorithm": ",".join(USUAL), "size": USUAL_SIZE}
    defaults = [f"{axis}={values}" for axis, values in usual.items() if axis not in axes]
    matrix = matrix_of([*selectors, *defaults, "workload=primitive"])
    verifying = {one.name for one in ALGORITHMS if one.verifies}
    for scenario in matrix.scenarios:
        if scenario.algorithm not in verifying:
            raise RequestError(
                f"{scenario.algorithm} verifies nothing: operations that do are "
                "'algorithm=*/verify,*-gcm/decrypt,*/decrypt_pkcs1,*/decrypt_oaep,bytes/compare'"
            )
    if matrix.excluded:
        reasons = dict.fromkeys(excluded.reason for excluded in matrix.excluded)
        raise RequestError(f"cannot be checked: {'; '.join(reasons)}")
    return [_subject(scenario) for scenario in matrix.scenarios]


def _subject(scenario: Scenario) -> Subject:
    library = ends_of(scenario)[scenario.client]
    if not isinstance(library, VerifyingImplementation):
        raise RequestError(f"{scenario.client} has no inputs that its operations must refuse")
    return Subject(scenario, lambda: library.verification(scenario))


def check(
    subjects: Sequence[Subject],
    time_budget_s: float,
    seed: int,
    observe: Callable[[Progress], None] = lambda _progress: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> ConstantTime:
    """Check operations, all of them in each epoch, until the time budget is spent.

    The number of epochs does not depend on their results.

    :param observe: called after each epoch.
    :raises MeasurementError: if an engine does not have an operation.
    :raises ProofError: if it accepts what it must refuse, or vice versa.
    """
    began = time.monotonic()
    made = [subject.make() for subject in subjects]
    contrasts = [
        (subject, verification, contrast)
        for subject, verification in zip(subjects, made, strict=True)
        for contrast in verification.contrasts
    ]
    epochs: list[list[TimedCalls]] = [[] for _ in contrasts]
    interrupted = False
    for done in range(EPOCHS):
        seconds = time_budget_s / EPOCHS / len(contrasts)
        try:
            with may_be_cut():
                taken = [
                    _epoch(subject, contrast, seconds, seed + done) for subject, _, contrast in contrasts
                ]
        except KeyboardInterrupt:  # nothing of this epoch is kept
            interrupted = True
            break
        for series, one in zip(epochs, taken, strict=True):
            series.append(one)
        observe(Progress("epochs", done + 1, EPOCHS, time.monotonic() - began, ()))
        if stop_asked() and done + 1 < EPOCHS:
            interrupted = True
            break
    results = [
        Checked(
            subject.scenario,
            *contrast,
            (contrast[0] in verification.accepted) != (contrast[1] in verification.accepted),
            timing_difference(series),
        )
        for (subject, verification, contrast), series in zip(contrasts, epochs, strict=True)
        if series
    ]
    return ConstantTime(
        results=results,
        method=_METHOD.format(epochs=len(epochs[0]) if epochs else 0, elapsed_s=time.monotonic() - began),
        seed=seed,
        governor=governor(),
        engines=engines(dict.fromkeys(subject.scenario.client for subject in subjects)),
        interrupted=interrupted,
    )


def _epoch(subject: Subject, contrast: tuple[str, str], seconds: float, seed: int) -> TimedCalls:
    verification = subject.make()
    verification.prove(subject.scenario.algorithm)
    return time_calls(verification, contrast, seconds, seed)
