"""Usage errors of the command line, and what the help of a command has besides its options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tlsbench.errors import RequestError

#: The most values of an axis that the help of a command shows, the first ones.
_MOST_VALUES = 5


class UsageError(RequestError):
    """A word of the command line that its command does not accept; its help says what it accepts."""


@contextmanager
def usage() -> Iterator[None]:
    """Turn request errors within the block into usage errors."""
    try:
        yield
    except RequestError as error:
        raise UsageError(str(error)) from None


def command_of(arguments: Sequence[str]) -> str:
    """The command that the arguments name, as it is written to request its help."""
    names = [word for word in arguments[:2] if word[:1] != "-" and word.replace("-", "").isalpha()]
    return " ".join(("tlsbench", *names[: 2 if names[:1] in (["certs"], ["fleet"]) else 1]))


def axes_help(*names: str) -> tuple[str, Sequence[tuple[str, str]]]:
    """The axes for the help of a command that takes selectors: each with its meaning and its first values.

    :param names: the axes that the command takes; none if it takes all.
    """
    from tlsbench.scenarios.axes import AXES, MACHINE

    rows = []
    for axis in (AXES[name] for name in names or AXES if name != MACHINE):  # a fleet sets it, not a selector
        values = [*axis.values[:_MOST_VALUES], *(["..."] if len(axis.values) > _MOST_VALUES else [])]
        rows.append((f"{axis.name}=", f"{axis.meaning}{': ' * bool(values)}{', '.join(values)}"))
    return "Axes (all values: tlsbench list axes)", rows
