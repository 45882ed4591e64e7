"""The cipher suites that each library offers by its own list, and which can be measured, with reasons."""

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

#: The library at the other end if a library cannot be restricted to a suite at both.
_PEER: Final = "pyopenssl"
#: The selectors with which a suite is tried, in this order: some servers always request a client
#: certificate, and some suites need an external pre-shared key.
_BY_PSK: Final = "resumption=external-psk"
_TRIED: Final = ("", "client_auth=required", _BY_PSK)
#: A suite in an id.
_CIPHER: Final = re.compile(r"\bcipher=(\S+)")
_NOT_OF_IANA: Final = "it is not in IANA's registry: from a draft, or the library's own"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which cipher suites of one library's own list can be measured.

    :param implementation: its id.
    :param engine: the engine's name and version.
    :param offered: its suites, by IANA name; by the library's own name if IANA has none.
    :param scenarios: the simplest handshake for each suite that can be measured: with the library at both
        ends, or with another.
    :param reasons: for each of the others, why it cannot be measured.
    """

    implementation: str
    engine: str
    offered: tuple[str, ...]
    scenarios: Mapping[str, Scenario]
    reasons: Mapping[str, str]


def coverage(paths: Sequence[str] = ()) -> Iterator[Coverage]:
    """The coverage of every library that has a list.

    :param paths: ids of libraries that are named by their files, such as ``"libssl:/opt/lib/libssl.so.3"``.
    """
    able = capabilities({"implementation": tuple(paths)})
    for name, member in implementations(paths).items():
        if isinstance(member, ListsCiphers) and name in able:
            yield coverage_of(member, able)


def coverage_of(member: Implementation, able: Mapping[str, Capabilities]) -> Coverage:
    """The coverage of one library.

    :param able: its capabilities, and those of the libraries with which it may be measured.
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
    """The first possible handshake for each suite; for the others, why there is none."""
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
                reasons[named[1]] = excluded.reason  # this is the only way for such a suite
            reasons.setdefault(named[1], excluded.reason)
    return found, {suite: reason for suite, reason in reasons.items() if suite not in found}


def _ends(name: str, able: Mapping[str, Capabilities]) -> tuple[str, ...]:
    """The library at both ends, and at each end with another library."""
    if _PEER not in able or name == _PEER:
        return (f"implementation={name}",)
    return (f"implementation={name}", f"client={name} server={_PEER}", f"client={_PEER} server={name}")
