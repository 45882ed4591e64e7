"""Yardsticks: reference cells that every run also measures, so that two runs can be compared.

A machine's pace differs between two runs by more than the effect of most changes. The ratio to something
unchanged, measured in the same rounds, is free of it (reference genes: J. Vandesompele et al., Genome Biology
3, 2002; duet benchmarking: L. Bulej et al., ICPE 2020). Yardsticks differ in nature, because what slows a
machine down does not slow all operations equally. Each has an identity; only a yardstick with the same
identity in both runs can be used to compare them.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from tlsbench.errors import ProofError, TlsbenchError
from tlsbench.implementations import Operation
from tlsbench.implementations.missing import Missing
from tlsbench.implementations.registry import (
    capabilities,
    ends_of,
    implementations,
    spellings,
)
from tlsbench.sampling.instruments import Instrument, instrument_for
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.workloads import Workload, prepare
from tlsbench.workloads.primitive import Primitive

#: The version of the code that yardsticks run: this module, and the parts of ``workloads/`` and
#: ``implementations/`` that are timed with them. Increment it when a change there makes them faster or
#: slower: their identities then differ from those in older results, and none is mistaken for the same.
CODE_VERSION: Final = 2

_HANDSHAKE: Final = "version=1.3 group=secp256r1 key=ecdsa-secp256r1"
_BULK: Final = "workload=bulk version=1.3 size=16KiB"
#: Packages between Python and the engine whose versions are not in the engine's name.
_PACKAGES: Final[Mapping[str, Sequence[str]]] = {"pyopenssl": ("pyOpenSSL", "cryptography")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """A reference cell.

    :param name: for display, and for requests to workers.
    :param nature: the kind of work: ``handshake``, ``resumption``, ``bulk``, ``primitive``, or without an
        engine ``arithmetic`` or ``interpreter``.
    :param selector: its scenario; ``""`` without an engine.
    :param loop: the function that makes its operation if there is no scenario.
    :param unless: an implementation that serves the same purpose better: if it can be used, this yardstick
        is left out.
    """

    name: str
    nature: str
    selector: str = ""
    loop: Callable[[], Operation] | None = None
    unless: str = ""

    @property
    def scenario(self) -> Scenario:
        """The yardstick as a scenario; without an engine, one without ends, with its name as the algorithm.

        :raises TlsbenchError: if it cannot be measured here.
        """
        if not self.selector:
            return Scenario(workload="primitive", client="", server="", algorithm=self.name)
        selection = parse([self.selector], spellings())
        matrix = expand([selection], capabilities(selection))
        if len(matrix.scenarios) != 1:
            raise ProofError("yardstick", wanted=self.name, got="no such scenario", witness="matrix")
        return matrix.scenarios[0]

    @property
    def engines(self) -> Mapping[str, str]:
        """The engine of each implementation that it runs on, by id; empty if it needs none."""
        if not self.selector:
            return {}
        return {name: member.engine() for name, member in ends_of(self.scenario).items()}

    def identity(self, instrument: Instrument) -> str:
        """A text that identifies exactly what runs."""
        packages = [package for end in self.engines for package in _PACKAGES.get(end, ())]
        return "; ".join(
            (
                self.scenario.id if self.selector else self.name,
                *self.engines.values(),
                *(f"{package} {version(package)}" for package in packages),
                f"{platform.python_implementation()} {platform.python_version()}",
                f"{instrument.name} time",
                f"yardsticks {CODE_VERSION}",
            )
        )

    def prepare(self, instrument: Instrument) -> Workload:
        """Prepare it for sampling in this process."""
        scenario = self.scenario
        if self.loop is not None:
            return Primitive(scenario, self.loop(), instrument.clock)
        return prepare(scenario, ends_of(scenario), instrument.clock)


def _proved(call: Callable[[], object], expected: object, name: str) -> Operation:
    def verify() -> None:
        if (got := call()) != expected:
            raise ProofError(name, wanted=str(expected), got=str(got), witness="yardstick")

    return Operation(call, verify)


def _power() -> Operation:
    prime = 2**521 - 1  # so that Fermat's little theorem gives the result
    return _proved(lambda: pow(3, prime - 1, prime), 1, "power")


def _dictionary() -> Operation:
    def count() -> int:
        found: dict[int, int] = {}
        for number in range(1000):
            key = number * number % 97
            found[key] = found.get(key, 0) + 1
        return sum(found.values())

    return _proved(count, 1000, "dictionary")


#: All yardsticks, in the order in which they take turns: neighbours differ in nature.
YARDSTICKS: Final[tuple[Yardstick, ...]] = (
    Yardstick(
        name="libssl full handshake", nature="handshake", selector=f"implementation=libssl {_HANDSHAKE}"
    ),
    Yardstick(
        name="ssl full handshake",
        nature="handshake",
        selector=f"implementation=ssl {_HANDSHAKE}",
        unless="libssl",
    ),
    Yardstick(name="power of 521-bit numbers", nature="arithmetic", loop=_power),
    Yardstick(
        name="pyopenssl full handshake",
        nature="handshake",
        selector=f"implementation=pyopenssl {_HANDSHAKE}",
    ),
    Yardstick(
        name="libssl PSK handshake",
        nature="resumption",
        selector=f"implementation=libssl {_HANDSHAKE} resumption=psk",
    ),
    Yardstick(
        name="ssl PSK handshake",
        nature="resumption",
        selector=f"implementation=ssl {_HANDSHAKE} resumption=psk",
        unless="libssl",
    ),
    Yardstick(name="counting in a dictionary", nature="interpreter", loop=_dictionary),
    Yardstick(name="utls full handshake", nature="handshake", selector=f"implementation=utls {_HANDSHAKE}"),
    Yardstick(
        name="AES-256-GCM of 16 KiB",
        nature="primitive",
        selector="workload=primitive implementation=cryptography algorithm=aes-256-gcm/encrypt size=16KiB",
    ),
    Yardstick(name="libssl bulk of 16 KiB", nature="bulk", selector=f"implementation=libssl {_BULK}"),
    Yardstick(
        name="ssl bulk of 16 KiB",
        nature="bulk",
        selector=f"implementation=ssl {_BULK}",
        unless="libssl",
    ),
    Yardstick(
        name="pyopenssl PSK handshake",
        nature="resumption",
        selector=f"implementation=pyopenssl {_HANDSHAKE} resumption=psk",
    ),
    Yardstick(
        name="rtls full handshake",
        nature="handshake",
        selector="implementation=rtls version=1.3 key=ecdsa-secp256r1",
    ),
)


def yardsticks_for(scenarios: Sequence[Scenario], instrument: Instrument) -> list[Yardstick]:
    """The yardsticks that can be measured here and can serve for at least one of these scenarios.

    A yardstick on an implementation that every scenario runs on is left out: it may have changed with all of
    them. Workloads that the meter does not measure, such as memory, need none.
    """
    timed = [one for one in scenarios if instrument_for(one.workload, instrument) is instrument]
    return [
        yardstick
        for yardstick in YARDSTICKS
        if _can_be_measured(yardstick)
        and any({one.client, one.server}.isdisjoint(yardstick.engines) for one in timed)
    ]


def _can_be_measured(yardstick: Yardstick) -> bool:
    if yardstick.unless and not isinstance(implementations()[yardstick.unless], Missing):
        return False
    try:
        return bool(yardstick.scenario)
    except TlsbenchError:
        return False


def yardstick_named(name: str) -> Yardstick:
    """The yardstick with this name.

    :raises KeyError: if there is none.
    """
    return {one.name: one for one in YARDSTICKS}[name]
