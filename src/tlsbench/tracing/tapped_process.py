"""A worker process that taps the first of its connections, seen from the process that began it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tlsbench.processes import Process
from tlsbench.tracing.live import LiveCapture
from tlsbench.tracing.tapping import Tapped


class TappedProcess(Process):
    """Such a process.

    :param number: of the worker among those that write to the capture.
    :param capture: where its connections go; None if nothing is captured.
    :param module: what it runs, with the text that it reads first; ``under`` what it is run by.
    """

    def __init__(
        self, number: int, capture: LiveCapture | None, module: str, plan: str, *, under: Sequence[str] = ()
    ) -> None:
        self._number, self._capture = number, capture
        super().__init__(module, plan, under=under)

    def messages(self) -> list[dict[str, Any]]:
        """What it says but for its connections, which are captured."""
        found = []
        for message in super().messages():
            if "tapped" not in message:
                found.append(message)
            elif self._capture is not None:
                self._capture.take(self._number, Tapped.from_plain(message["tapped"]))
        return found
