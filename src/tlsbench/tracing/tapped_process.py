"""A worker process whose first connections are tapped, as seen by the process that started it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tlsbench.processes import Process
from tlsbench.tracing.live import LiveCapture
from tlsbench.tracing.tapping import Tapped


class TappedProcess(Process):
    """A worker process whose tapped connections go to a capture.

    :param number: that of the worker among those that write to the capture.
    :param capture: where its connections go; None if nothing is captured.
    :param module: what it runs; ``plan`` is the text that it reads first, ``under`` the command that runs it.
    """

    def __init__(
        self, number: int, capture: LiveCapture | None, module: str, plan: str, *, under: Sequence[str] = ()
    ) -> None:
        self._number, self._capture = number, capture
        super().__init__(module, plan, under=under)

    def messages(self) -> list[dict[str, Any]]:
        """Its messages, except for its connections, which go to the capture."""
        found = []
        for message in super().messages():
            if "tapped" not in message:
                found.append(message)
            elif self._capture is not None:
                self._capture.take(self._number, Tapped.from_plain(message["tapped"]))
        return found
