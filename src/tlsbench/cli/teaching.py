"""The help texts of commands."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeVar

_Command = TypeVar("_Command", bound=Callable[..., object])
_TEXTS: dict[Callable[..., object], str] = {}


def teaching(text: str | Callable[..., object]) -> str:
    r"""A help text, or a command's; paragraphs after a line ``\b`` keep their line breaks."""
    plain = text if isinstance(text, str) else _TEXTS[text]
    return inspect.cleandoc(plain).replace(r"\b", "\b")


def teaches(text: str) -> Callable[[_Command], _Command]:
    """Give a command its help text; a docstring does not work, because ``python -OO`` strips it."""

    def keep(command: _Command) -> _Command:
        _TEXTS[command] = text
        return command

    return keep
