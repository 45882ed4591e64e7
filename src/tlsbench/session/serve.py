"""The properties of a server: the scenario that the selectors describe, and the groups that it accepts."""

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
#: Those of them that an HTTP/3 server has, too.
HTTP_3_AXES: Final = ("version", "key", "chain_length")
#: The groups of a server that is given none, preferred ones first, as far as its library has them.
GROUPS: Final = ("X25519MLKEM768", "x25519", "secp256r1", "secp384r1", "secp521r1")
_EARLY_DATA = "resumption=early-data"


def served_scenario(selectors: Sequence[str], *, early_data: bool = False) -> Scenario:
    """The scenario whose server the selectors describe.

    :param early_data: whether the server accepts it.
    :raises RequestError: if they do not describe exactly one, it cannot run here, or a server lacks an axis.
    """
    given = (*selectors, _EARLY_DATA) if early_data else selectors
    matrix = matrix_of(given or ("workload=handshake",))
    if matrix.excluded and not matrix.scenarios:
        raise RequestError(f"cannot serve that: {matrix.excluded[0].reason}{others_that_can(matrix, given)}")
    if len(matrix.scenarios) != 1:
        raise RequestError(f"a server serves one scenario, but the selectors name {len(matrix.scenarios)}")
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
    """Check that the selectors describe a possible HTTP/3 server, which is aioquic's.

    :raises RequestError: if they do not.
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
    """The groups that a server accepts from the client of a load; none if a selector names a group."""
    if any(word.startswith("group=") for text in selectors for word in text.lower().split()):
        return ()
    axes = replace(scenario, client="pyopenssl", group="").axes()
    words = (*(f"{axis}={value}" for axis, value in axes.items()), f"group={','.join(GROUPS)}")
    able = {found.group for found in matrix_of(words).scenarios}
    return tuple(group for group in GROUPS if group in able)


def logs_keys(scenario: Scenario, peers: Peers) -> bool:
    """Whether the library of a scenario's server logs the secrets of its connections."""
    return isinstance(tls_library(scenario.server).server_context(scenario, peers), LogsKeys)


def served_http(http: str, scenario: Scenario, peers: Peers) -> str:
    """The HTTP version to serve: ``auto`` becomes 1.1 if the library cannot select HTTP/2 by ALPN."""
    context = tls_library(scenario.server).server_context(scenario, peers)
    return "1.1" if http == "auto" and not isinstance(context, SelectsProtocols) else http
