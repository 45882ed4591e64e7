"""The primitives: cryptographic operations measured on their own, without TLS around them.

A name is ``algorithm/operation``. ``sized`` operations work on ``size`` bytes of data; the others
have no size (a signature covers one digest-sized message, a key agreement uses one peer key). The names are
defined in :mod:`tlsbench.scenarios.subjects`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tlsbench.scenarios import subjects
from tlsbench.scenarios.subjects import SUBJECTS, Subject


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One measurable primitive. ``aliases`` are its other common names.

    :param subject: the algorithm that the operation belongs to.
    :param verifies: whether it accepts or rejects its input, so that its timing could reveal why.
    """

    name: str
    subject: Subject
    aliases: tuple[str, ...] = ()
    verifies: bool = False

    @property
    def sized(self) -> bool:
        """Whether it works on ``size`` bytes."""
        return self.subject.sized


def _operations(subject: Subject) -> Iterator[Algorithm]:
    for operation in subject.operations:
        known_as = (operation, *(other for other, stands_for in subject.renamed if stands_for == operation))
        names = [f"{name}/{word}" for word in known_as for name in (subject.name, *subject.aliases)]
        yield Algorithm(names[0], subject, tuple(names[1:]), verifies=operation in subject.verifying)


#: The names of all subjects of a kind.
AEADS: Final = tuple(subject.name for subject in subjects.AEADS)
HASHES: Final = tuple(subject.name for subject in subjects.HASHES)
AGREEMENTS: Final = tuple(subject.name for subject in subjects.AGREEMENTS)
KEMS: Final = tuple(subject.name for subject in subjects.KEMS)

ALGORITHMS: Final = tuple(algorithm for subject in SUBJECTS for algorithm in _operations(subject))

BY_NAME: Final = {algorithm.name: algorithm for algorithm in ALGORITHMS}
