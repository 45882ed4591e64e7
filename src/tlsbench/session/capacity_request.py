"""A capacity request, and the cells that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.errors import RequestError
from tlsbench.implementations.missing import Missing
from tlsbench.implementations.registry import implementation, spellings
from tlsbench.scenarios import Excluded, Matrix, Scenario, Selection, parse
from tlsbench.scenarios.axes import WORKLOAD_AXES
from tlsbench.session.selecting import matrix_of
from tlsbench.session.sizing import Demand
from tlsbench.stats import Estimate

#: How sessions are resumed unless the request says so, by version.
RESUMED: Final = {"1.2": "ticket", "1.3": "psk"}
#: OpenSSL's default.
USUAL_LIFETIME_S: Final = 7200.0
#: The alternatives to the request, if they can be measured here.
_OTHER_KEYS: Final = ("ecdsa-secp256r1", "rsa-2048")
_OTHER_LIBRARIES: Final = ("ssl", "pyopenssl", "libssl", "utls", "rtls")
_RECORDS: Final = "size=16KiB"
#: The link of new measurements: between two steps the kernel evicts the library's data from the caches, as
#: it does in a server.
_LINK: Final = "link=tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityRequest:
    """A capacity request.

    :param selectors: of the server, such as ``"key=ecdsa-secp256r1"``; the first value of each axis is
        requested, and others are alternatives.
    :param beyond_ns: processor time of each connection beyond the TLS library; if None it is left out, and
        the answer says so.
    :param beyond_words: the source of ``beyond_ns``.
    :param ticket_lifetime_s: the lifetime with which the share that resumes was observed.
    :param alone: whether to show no alternatives.
    """

    demand: Demand
    selectors: Sequence[str] = ()
    beyond_ns: Estimate | None = None
    beyond_words: str = ""
    ticket_lifetime_s: float = USUAL_LIFETIME_S
    alone: bool = False

    def check(self) -> None:
        """Check the request before anything is measured.

        :raises RequestError: if the demand is invalid, or the selectors do not describe a server.
        """
        demand = self.demand
        if not 0 <= demand.headroom < 1:
            raise RequestError(f"--headroom {demand.headroom:g}: it must be from 0% to below 100%")
        if demand.open_connections < 0:
            raise RequestError(f"--open {demand.open_connections}: it must be 0 or more")
        wanted = self.wanted
        if wanted.get("workload", ("handshake",)) != ("handshake",):
            raise RequestError("capacity knows which workloads it needs: leave out workload=")
        if wanted.get("link", ("memory",))[0] == "network":
            raise RequestError("capacity is about processor time: link= must be memory, tcp or unix")
        resumption = wanted.get("resumption", ("psk",))
        if len(resumption) > 1 or resumption[0] in ("none", "external-psk"):
            raise RequestError("resumption= says how sessions are resumed: give psk, ticket or session-id")

    def resumption(self, version: str) -> str:
        """How sessions of a version are resumed."""
        return self.wanted.get("resumption", (RESUMED.get(version, "psk"),))[0]

    @property
    def server_words(self) -> list[str]:
        """The selectors of a full handshake, word by word."""
        words = [word for text in self.selectors for word in text.split()]
        return [word for word in words if not word.startswith("resumption=")]

    @property
    def wanted(self) -> Selection:
        """The selection that the selectors spell."""
        return parse(self.selectors, spellings())


def cells_for(request: CapacityRequest) -> Matrix:
    """The cells to measure for a request: full and resumed handshakes, records, open connections.

    The first is the full handshake of the requested server.

    :raises RequestError: if the requested server cannot be measured here.
    """
    request.check()
    servers = _servers(request)
    scenarios: dict[Scenario, None] = {}
    excluded = dict.fromkeys(servers.excluded)
    for number, server in enumerate(servers.scenarios):
        found = _cells_of(server, request)
        needed = [one for one in found.excluded if not one.id.startswith("workload=memory")]
        if not number and needed:
            raise _refusal(needed)
        scenarios |= dict.fromkeys(found.scenarios)
        excluded |= dict.fromkeys(found.excluded)
    return Matrix(tuple(scenarios), tuple(excluded))


def _refusal(excluded: Sequence[Excluded]) -> RequestError:
    reasons = dict.fromkeys(one.reason for one in excluded)
    return RequestError(f"that cannot be measured: {'; '.join(reasons)}")


def _servers(request: CapacityRequest) -> Matrix:
    """The full handshakes of the requested server, which comes first, and of the alternatives."""
    link = [] if "link" in request.wanted else [_LINK]
    matrix = matrix_of([*request.server_words, *link, "workload=handshake"])
    if not matrix.scenarios:
        raise _refusal(matrix.excluded)
    asked, *others = matrix.scenarios
    if others or request.alone:
        return matrix
    beside = [
        matrix,
        *(_changed(asked, "key", key) for key in _OTHER_KEYS if key != asked.key),
        *(
            _changed(asked, "implementation", name)
            for name in _OTHER_LIBRARIES
            if name != asked.client == asked.server and not isinstance(implementation(name), Missing)
        ),
    ]
    return _together(beside)


def _together(matrices: Sequence[Matrix]) -> Matrix:
    return Matrix(
        tuple(scenario for one in matrices for scenario in one.scenarios),
        tuple(excluded for one in matrices for excluded in one.excluded),
    )


def _changed(asked: Scenario, axis: str, value: str) -> Matrix:
    """The same server with another value of one axis; in TLS 1.2 the cipher suite follows from the key."""
    axes = {**asked.axes(), axis: value}
    if asked.version == "1.2":
        axes.pop("cipher")
    return matrix_of([f"{name}={one}" for name, one in axes.items()])


def _cells_of(server: Scenario, request: CapacityRequest) -> Matrix:
    demand, axes = request.demand, server.axes()
    kind = request.resumption(server.version)
    lines = [("handshake", f"resumption=none,{kind}" if demand.resumed else "resumption=none")]
    if demand.transfer_bytes:
        lines.append(("bulk", _RECORDS))
    if demand.open_connections:
        lines.append(("memory", ""))
    found = []
    for workload, special in lines:
        known = {"implementation", *WORKLOAD_AXES[workload]}
        words = [f"{axis}={value}" for axis, value in axes.items() if axis in known]
        words = [word for word in words if not word.startswith(("workload=", "resumption="))]
        found.append(matrix_of([*words, f"workload={workload}", *filter(None, [special])]))
    return _together(found)
