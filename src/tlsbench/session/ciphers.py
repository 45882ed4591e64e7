"""Which library offers which cipher suites by its own list, and which can be measured, with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.implementations import Implementation
from tlsbench.implementations.offers import ListsCiphers
from tlsbench.implementations.registry import capabilities, implementations
from tlsbench.scenarios import Capabilities, Scenario, ciphers, expand, parse

#: Who is at the other end where a library cannot be kept to a suite at both.
_PEER: Final = "pyopenssl"
#: What a suite is tried with, in this order: some servers ask for a client certificate always.
_TRIED: Final = "client_auth=none,required"
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
    scenarios: dict[str, Scenario] = {}
    reasons: dict[str, str] = {}
    for code_point, told in offered.items():
        suite = ciphers.BY_CODE_POINT.get(code_point)
        if suite is None:
            reasons[told] = _NOT_OF_IANA
            continue
        found = _simplest(member.id, suite, able)
        if isinstance(found, Scenario):
            scenarios[suite.name] = found
        else:
            reasons[suite.name] = found
    names = ((ciphers.BY_CODE_POINT.get(code_point), told) for code_point, told in offered.items())
    return Coverage(
        member.id,
        member.engine(),
        tuple(suite.name if suite is not None else told for suite, told in names),
        scenarios,
        reasons,
    )


def _simplest(name: str, suite: ciphers.CipherSuite, able: Mapping[str, Capabilities]) -> Scenario | str:
    """The first handshake with a suite that can be, or why none can."""
    reason = ""
    ends = [f"implementation={name}"]
    if _PEER in able and name != _PEER:
        ends += [f"client={name} server={_PEER}", f"client={_PEER} server={name}"]
    for who in ends:
        for version in reversed(suite.versions):
            words = f"{who} version={version} cipher={suite.name} {_TRIED}"
            matrix = expand([parse([words], tuple(able))], able)
            if matrix.scenarios:
                return matrix.scenarios[0]
            reason = reason or matrix.excluded[0].reason
    return reason
