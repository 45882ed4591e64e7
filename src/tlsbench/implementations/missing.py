"""An implementation that cannot be used, but is listed nevertheless, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tlsbench.errors import TlsbenchError
from tlsbench.scenarios import Capabilities, gap
from tlsbench.scenarios.axes import SPECIAL_AXES, WORKLOAD_AXES

NOT_INSTALLED: Final = "not installed"
DOES_NOT_LOAD: Final = "does not load"


class NotInstalledError(TlsbenchError):
    """Something that an implementation needs is not installed; the text says how to install it."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A library that is not installed, or does not load.

    :param state: :data:`NOT_INSTALLED` or :data:`DOES_NOT_LOAD`.
    :param reason: how to install it, or why it does not load, in one line.
    """

    id: str
    summary: str
    state: str
    reason: str

    def engine(self) -> str:
        return self.state

    def capabilities(self) -> Capabilities:
        absent = gap(f"{self.state}: {self.reason}", workload=tuple(WORKLOAD_AXES))
        return Capabilities((absent,), supports=SPECIAL_AXES)
