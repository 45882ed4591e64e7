"""Which library offers which cipher suites by its own list, and which can be measured, with reasons."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from tlsbench.implementations import Implementation
from tlsbench.implementations.offers import ListsCiphers
from tlsbench.implementations.registry import capabilities, implementations
from tlsbench.scenarios import Capabilities, Scenario, ciphers, expand, parse
from tlsbench.scenarios.axes import AXES

#: Who is at the other end where a library cannot be kept to a suite at both.
_PEER: Final = "pyopenssl"
#: What a suite is tried with, in this order: some servers ask for a client certificate always, and
#: some suites need an external pre-shared key.
_BY_PSK: Final = "resumption=external-psk"
_TRIED: Final = ("", "client_auth=required", _BY_PSK)
#: A suite in an id.
_CIPHER: Final = re.compile(r"\bcipher=(\S+)")
_NOT_OF_IANA: Final = "it is not in IANA's registry: a draft's, or the library's own"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What comes of the cipher suites of one library's own list.

    :param implementation: its id.
    :param engine: the engine's name and version.
    :param offered: its suites, by IANA's names; one that IANA does not have by the library's.
    :param scenarios: for each that can be measured one handshake, the simplest: the library at both ends, or
        with another.
    :param reasons: for each of the others why it cannot be.
    """

    implementation: str
    engine: str
    offered: tuple[str, ...]
    scenarios: Mapping[str, Scenario]
    reasons: Mapping[str, str]


def coverage(paths: Sequence[str] = ()) -> Iterator[Coverage]:
    """That of every library that has a list.

    :param paths: ids of libraries that are named by their files, such as ``"libssl:/opt/lib/libssl.so.3"``.
    """
    able = capabilities({"implementation": tuple(paths)})
    for name, member in implementations(paths).items():
        if isinstance(member, ListsCiphers) and name in able:
            yield coverage_of(member, able)


def coverage_of(member: Implementation, able: Mapping[str, Capabilities]) -> Coverage:
    """That of one library.

    :param able: the capabilities of it, and of those that it may be measured with.
    """
    assert isinstance(member, ListsCiphers)
    offered = member.offered_ciphers()
    known = {ciphers.BY_CODE_POINT[point].name: "" for point in offered if point in ciphers.BY_CODE_POINT}
    others = {told: _NOT_OF_IANA for point, told in offered.items() if point not in ciphers.BY_CODE_POINT}
    scenarios, reasons = _simplest(member.id, known, able)
    return Coverage(member.id, member.engine(), (*known, *others), scenarios, {**reasons, **others})


def _simplest(
    name: str, suites: Collection[str], able: Mapping[str, Capabilities]
) -> tuple[dict[str, Scenario], dict[str, str]]:
    """For each suite the first handshake that can be; for the others why none can."""
    found: dict[str, Scenario] = {}
    reasons: dict[str, str] = {}
    for who, tried, version in product(_ends(name, able), _TRIED, reversed(AXES["version"].values)):
        open_still = [one for one in suites if one not in found and version in ciphers.BY_NAME[one].versions]
        if not open_still:
            continue
        words = f"{who} version={version} cipher={','.join(open_still)} {tried}"
        matrix = expand([parse([words], tuple(able))], able)
        for scenario in matrix.scenarios:
            found.setdefault(scenario.cipher, scenario)
        for excluded in matrix.excluded:
            named = _CIPHER.search(excluded.id)
            assert named is not None
            if tried == _BY_PSK and ciphers.BY_NAME[named[1]].authentication == "PSK":
                reasons[named[1]] = excluded.reason  # what stands in the way of the way that it needs
            reasons.setdefault(named[1], excluded.reason)
    return found, {suite: reason for suite, reason in reasons.items() if suite not in found}


def _ends(name: str, able: Mapping[str, Capabilities]) -> tuple[str, ...]:
    """The library at both ends, and at each with another."""
    if _PEER not in able or name == _PEER:
        return (f"implementation={name}",)
    return (f"implementation={name}", f"client={name} server={_PEER}", f"client={_PEER} server={name}")
