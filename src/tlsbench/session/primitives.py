"""All primitives, and the libraries that have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.scenarios.subjects import SUBJECTS, Subject
from tlsbench.session.selecting import matrix_of

#: The libraries that have primitives without TLS.
LIBRARIES: Final = ("cryptography", "libssl")


@dataclass(frozen=True, slots=True)
class Primitive:
    """An algorithm.

    :param offered: by library, the operations that it has.
    :param reasons: by reason, the operations that a library lacks.
    """

    subject: Subject
    offered: Mapping[str, Sequence[str]]
    reasons: Mapping[str, Sequence[str]]


def primitives() -> list[Primitive]:
    """All primitives, each tried with every library."""
    matrix = matrix_of([f"workload=primitive implementation={','.join(LIBRARIES)} algorithm=*"])
    libraries: dict[str, list[str]] = defaultdict(list)
    for scenario in matrix.scenarios:
        libraries[scenario.algorithm].append(scenario.client)
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    for excluded in matrix.excluded:
        axes = dict(word.split("=", 1) for word in excluded.id.split())
        reasons[axes["algorithm"]][axes["implementation"]] = excluded.reason
    return [_of(subject, libraries, reasons) for subject in SUBJECTS]


def _of(
    subject: Subject, libraries: Mapping[str, Sequence[str]], reasons: Mapping[str, Mapping[str, str]]
) -> Primitive:
    names = {operation: f"{subject.name}/{operation}" for operation in subject.operations}
    offered = {
        library: has
        for library in LIBRARIES
        if (has := [operation for operation, name in names.items() if library in libraries.get(name, ())])
    }
    missing: dict[str, list[str]] = {}
    for operation, name in names.items():
        for reason in reasons.get(name, {}).values():
            missing.setdefault(reason, []).append(operation)
    return Primitive(subject, offered, missing)
