"""A library that became slower, for studies: real work added to the server's side of its handshakes.

A process that finds this folder on its path and TLSBENCH_EXTRA_WORK in its environment hashes some blocks of
64 bytes at the end of each handshake, within the time charged to the server. ``pyopenssl:none=40,psk=25``
means the library and, for each value of the axis ``resumption``, the number of blocks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

_BLOCK = bytes(64)


def work(blocks: int) -> None:
    """Hash that many blocks, one by one."""
    for _ in range(blocks):
        hashlib.sha256(_BLOCK)


class _Slower:
    """A server end that does extra work when its handshake is complete."""

    def __init__(self, endpoint: Any, blocks: int) -> None:
        self._endpoint = endpoint
        self._blocks = blocks

    def handshake(self) -> bool:
        done: bool = self._endpoint.handshake()
        if done:
            work(self._blocks)
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._endpoint, name)


class _SlowerServers:
    def __init__(self, servers: Any, blocks: int) -> None:
        self._servers = servers
        self._blocks = blocks

    def accept(self) -> _Slower:
        return _Slower(self._servers.accept(), self._blocks)


def _install(library: str, blocks_by_resumption: dict[str, int]) -> None:
    import tlsbench.workloads as package
    from tlsbench.workloads.handshake import Handshake

    original: Callable[..., Any] = package.prepare

    def prepare(scenario: Any, *arguments: Any, **named: Any) -> Any:
        cell = original(scenario, *arguments, **named)
        if isinstance(cell, Handshake) and scenario.server == library:
            cell.servers = _SlowerServers(cell.servers, blocks_by_resumption.get(scenario.resumption, 0))
        return cell

    package.prepare = prepare


if asked := os.environ.get("TLSBENCH_EXTRA_WORK"):
    name, _, counts = asked.partition(":")
    _install(name, {key: int(count) for key, count in (one.split("=") for one in counts.split(","))})
