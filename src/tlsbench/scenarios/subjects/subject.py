"""The row type of the tables of algorithms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An algorithm with its parameters.

    :param kind: what it is, in a word or two.
    :param operations: its operations.
    :param source: where it is specified, and who recommends its parameters.
    :param parameters: those that its name implies; ``""`` if the source leaves no choice.
    :param sized: whether its operations work on ``size`` bytes.
    :param verifying: the operations that accept or reject their input.
    :param aliases: other common names.
    :param renamed: other names of operations, each with the operation that it stands for.
    """

    name: str
    kind: str
    operations: tuple[str, ...]
    source: str
    parameters: str = ""
    sized: bool = False
    verifying: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
