"""Ways to serve many connections in one process: an event loop on epoll, a thread for each, or asyncio.

Each is given a listening socket and a service, and serves until asked to stop; then it stops accepting, and
open connections may continue for a while.

All follow the same rules. In each turn, a connection gets at most one read and one bounded piece of its
answer. Data that the system has not taken is sent before more is made or read. After its last piece, a
connection is shut for writing, and closed when the client closes, or shortly afterwards.
"""

from __future__ import annotations

from typing import Final

from tlsbench.serving.models.common import DRAIN_S, Model
from tlsbench.serving.models.selector import selector
from tlsbench.serving.models.streams import with_asyncio
from tlsbench.serving.models.threads import thread

BY_NAME: Final[dict[str, Model]] = {"selector": selector, "thread": thread, "asyncio": with_asyncio}

__all__ = ["BY_NAME", "DRAIN_S", "Model"]
