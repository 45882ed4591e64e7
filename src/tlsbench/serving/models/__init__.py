"""Ways to serve many connections in one process: an epoll loop, a thread for each, asyncio.

Each is given a listening socket and a service, and serves until asked to stop; then it accepts no
more, and what is open may go on for a while.

All of them keep the same rules. A connection gets one turn after the other, and in each at most one read and
one bounded piece of its answer. What the system has not taken is sent before more is made or read. One whose
last piece is sent is shut for writing, and closed when the client has ended, or a moment later.
"""

from __future__ import annotations

from typing import Final

from tlsbench.serving.models.common import DRAIN_S, Model
from tlsbench.serving.models.selector import selector
from tlsbench.serving.models.streams import with_asyncio
from tlsbench.serving.models.threads import thread

BY_NAME: Final[dict[str, Model]] = {"selector": selector, "thread": thread, "asyncio": with_asyncio}

__all__ = ["BY_NAME", "DRAIN_S", "Model"]
