"""What a row about an algorithm says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An algorithm with its parameters.

    :param kind: what it is, in a word or two.
    :param operations: what is done with it.
    :param source: where it is specified, and who recommends its parameters.
    :param parameters: what its name stands for; ``""`` if the source has no choice.
    :param sized: whether its operations work on ``size`` bytes.
    :param verifying: those operations that accept or refuse what they are given.
    :param aliases: other names that people use for it.
    :param renamed: other names of operations, each with the one that it stands for.
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
