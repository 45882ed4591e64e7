"""What an implementation declares about itself, as plain values that can pass between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from tlsbench.implementations.missing import DOES_NOT_LOAD, Missing
from tlsbench.scenarios import Capabilities, Gap
from tlsbench.scenarios.capabilities import AllBut, all_but


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What an implementation declares about itself, or why it cannot be used.

    :param engine: as returned by :meth:`tlsbench.implementations.Implementation.engine`; ``""`` if it cannot
        be used.
    :param file: the file that contains the engine; ``""`` if it is unknown.
    :param capabilities: what it can do.
    :param state: ``""`` if it can be used, otherwise that of
        :class:`~tlsbench.implementations.missing.Missing`.
    :param reason: why it cannot be used, in one line.
    """

    summary: str = ""
    engine: str = ""
    file: str = ""
    capabilities: Capabilities = field(default_factory=Capabilities)
    state: str = ""
    reason: str = ""

    @classmethod
    def of_failure(cls, reason: str) -> Self:
        """The description of an implementation that does not load."""
        return cls(state=DOES_NOT_LOAD, reason=reason)

    def missing(self, name: str) -> Missing:
        """The registry member that represents an implementation that cannot be used."""
        return Missing(name, self.summary, self.state, self.reason)

    def as_plain(self) -> dict[str, Any]:
        """Its values in JSON types; :meth:`from_plain` is the inverse."""
        able = self.capabilities
        return {
            **{name: getattr(self, name) for name in ("summary", "engine", "file", "state", "reason")},
            "gaps": [
                {"reason": one.reason, "when": {axis: _plain(values) for axis, values in one.when.items()}}
                for one in able.gaps
            ],
            "supports": list(able.supports),
            "alone": able.alone,
            "libcrypto": able.libcrypto,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The description from which :meth:`as_plain` made the values."""
        gaps = tuple(
            Gap(one["reason"], {axis: _values(plain) for axis, plain in one["when"].items()})
            for one in plain["gaps"]
        )
        able = Capabilities(gaps, tuple(plain["supports"]), plain["alone"], plain["libcrypto"])
        words = {name: str(plain[name]) for name in ("summary", "engine", "file", "state", "reason")}
        return cls(capabilities=able, **words)


def _plain(values: frozenset[str]) -> list[str] | dict[str, list[str]]:
    return {"all but": sorted(values)} if isinstance(values, AllBut) else sorted(values)


def _values(plain: list[str] | Mapping[str, list[str]]) -> frozenset[str]:
    return frozenset(plain) if isinstance(plain, list) else all_but(*plain["all but"])
