"""What is wrong with the words of a command line, and what the help of a command has beside its options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tlsbench.errors import RequestError

#: Values of an axis that the help of a command shows; of more, the first ones.
_MOST_VALUES = 5


class UsageError(RequestError):
    """A word of the command line that its command does not take: its help says what it does."""


@contextmanager
def usage() -> Iterator[None]:
    """Errors of a request within the block are errors of usage."""
    try:
        yield
    except RequestError as error:
        raise UsageError(str(error)) from None


def command_of(arguments: Sequence[str]) -> str:
    """The command that the arguments name, as its own help is asked for."""
    names = [word for word in arguments[:2] if word[:1] != "-" and word.replace("-", "").isalpha()]
    return " ".join(("tlsbench", *names[: 2 if names[:1] in (["certs"], ["fleet"]) else 1]))


def axes_help(*names: str) -> tuple[str, Sequence[tuple[str, str]]]:
    """The axes for the help of a command that takes selectors: each with its meaning and its first values.

    :param names: the axes that the command takes; none if it takes all.
    """
    from tlsbench.scenarios.axes import AXES

    rows = []
    for axis in (AXES[name] for name in names or AXES):
        values = [*axis.values[:_MOST_VALUES], *(["..."] if len(axis.values) > _MOST_VALUES else [])]
        rows.append((f"{axis.name}=", f"{axis.meaning}{': ' * bool(values)}{', '.join(values)}"))
    return "Axes (all values: tlsbench list axes)", rows
