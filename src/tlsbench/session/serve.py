"""What a server is: the scenario that selectors mean, and the groups that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tlsbench.errors import RequestError
from tlsbench.implementations import LogsKeys, SelectsProtocols
from tlsbench.implementations.registry import tls_library
from tlsbench.pki import Peers
from tlsbench.scenarios import Scenario
from tlsbench.session.selecting import matrix_of, others_that_can

#: The axes that a server has.
AXES: Final = ("implementation", "server", "version", "cipher", "group", "key", "chain_length", "client_auth")
#: Those of them that a server of HTTP/3 has, too.
HTTP_3_AXES: Final = ("version", "key", "chain_length")
#: What a server takes unless it is given a group, the preferred one first; of these, what its library has.
GROUPS: Final = ("X25519MLKEM768", "x25519", "secp256r1", "secp384r1", "secp521r1")
_EARLY_DATA = "resumption=early-data"


def served_scenario(selectors: Sequence[str], *, early_data: bool = False) -> Scenario:
    """The scenario whose server the selectors mean.

    :param early_data: whether the server accepts it.
    :raises RequestError: if that is not one, cannot be here, or has what a server lacks.
    """
    given = (*selectors, _EARLY_DATA) if early_data else selectors
    matrix = matrix_of(given or ("workload=handshake",))
    if matrix.excluded and not matrix.scenarios:
        raise RequestError(f"cannot serve that: {matrix.excluded[0].reason}{others_that_can(matrix, given)}")
    if len(matrix.scenarios) != 1:
        raise RequestError(f"a server is of one scenario, but the selectors name {len(matrix.scenarios)}")
    (scenario,) = matrix.scenarios
    own = ("workload", *AXES)
    idle = [
        axis
        for axis in scenario.id.split()
        if axis.partition("=")[0] not in own and not (early_data and axis == _EARLY_DATA)
    ]
    if idle or scenario.workload != "handshake":
        raise RequestError(f"a server has no {' '.join(idle) or 'workload'}: its axes are {', '.join(AXES)}")
    return scenario


def check_http3(selectors: Sequence[str]) -> None:
    """Check that what selectors say of a server is what one of HTTP/3 can be, which is aioquic's.

    :raises RequestError: if it is not.
    """
    for word in (word for text in selectors for word in text.split()):
        axis, _, value = word.partition("=")
        if axis not in HTTP_3_AXES:
            raise RequestError(
                f"HTTP/3 is served by aioquic, which has no {axis}=: its axes are {', '.join(HTTP_3_AXES)}"
            )
        if axis == "version" and value != "1.3":
            raise RequestError("HTTP/3 is over QUIC, which has only TLS 1.3 (RFC 9001 section 4.2)")
        if axis == "key" and value.startswith("ml-dsa"):
            raise RequestError(f"HTTP/3 is served by aioquic, which does not sign with {value}")


def served_groups(selectors: Sequence[str], scenario: Scenario) -> tuple[str, ...]:
    """Where no selector names a group: those that it takes of the client of a load; else none."""
    if any(word.startswith("group=") for text in selectors for word in text.lower().split()):
        return ()
    axes = replace(scenario, client="pyopenssl", group="").axes()
    words = (*(f"{axis}={value}" for axis, value in axes.items()), f"group={','.join(GROUPS)}")
    able = {found.group for found in matrix_of(words).scenarios}
    return tuple(group for group in GROUPS if group in able)


def logs_keys(scenario: Scenario, peers: Peers) -> bool:
    """Whether the library of a scenario's server gives the secrets of its connections."""
    return isinstance(tls_library(scenario.server).server_context(scenario, peers), LogsKeys)


def served_http(http: str, scenario: Scenario, peers: Peers) -> str:
    """What a server of a scenario answers, of what it was asked for: without ALPN nobody asks for HTTP/2."""
    context = tls_library(scenario.server).server_context(scenario, peers)
    return "1.1" if http == "auto" and not isinstance(context, SelectsProtocols) else http
