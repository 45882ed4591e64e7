"""The plan of a load: the target, how many connections in what time, and what each of them does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from tlsbench.loading.checking import SPREADS, WHEN_DOWN, check
from tlsbench.loading.target import Target

#: Members of a plan that older versions lacked: a stored load has them only if they are not the default.
_OF_SEVERAL: Final = ("others", "spread", "when_down", "clients", "vias", "addresses")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """The work of one worker process; :meth:`share` divides a whole load among several.

    :param target: the only target, or the first of several backends; ``others`` has the rest.
    :param spread: how connections are spread over backends, one of :data:`SPREADS`.
    :param when_down: what happens to the connections of a backend that is down, one of :data:`WHEN_DOWN`.
    :param clients: how many clients keep a session each: a connection that resumes is made by a random one,
        whichever backend it goes to; 0 resumes the latest session with the same backend.
    :param addresses: the address of each target's host, if the workers cannot resolve names.
    :param connections: the connections of a closed loop; the most that are open at once in an open one.
    :param rate_per_s: connections that an open loop begins per second; 0 for a closed loop, in which the
        next connection begins when one ends.
    :param duration_s: for how long counted connections begin; those that have begun are finished.
    :param warm_up_s: for how long uncounted connections begin before that.
    :param ramp_up_s: the part of the warm-up over which the starts of a closed loop's connections are spread.
    :param requests: HTTP requests on each connection; 0 ends it after the handshake.
    :param http: the HTTP version offered by ALPN and spoken: ``"1.1"``, ``"2"``, ``"3"`` or ``"auto"`` (2 or
        1.1, as the server chooses); ``""`` offers nothing, and speaks 1.1.
    :param streams: the most requests in flight on each HTTP/2 or HTTP/3 connection.
    :param path: the path that they request.
    :param size_bytes: the length that each response must have; 0 accepts any.
    :param pool: how many connections are kept and reused: each start is then a use of one, for the requests,
        and may wait for one to be free; 0 opens a connection for each.
    :param pool_idle_s: a pooled connection is closed once it has been unused for this long; 0 keeps it.
    :param pool_lifetime_s: an unused pooled connection is closed this long after it was opened; 0 keeps it.
    :param early_data: whether a resumed connection sends its first request as early data.
    :param socket_options: values by the names in :data:`tlsbench.sockets.OPTIONS`.
    :param via: the conditions of the line to each target, as :func:`tlsbench.forwarding.canonical` writes
        them; ``""`` for no line. ``vias`` has the differing ones, by the target's text.
    :param hold: whether connections stay open until the end; then each slot of a closed loop has one.
    :param resume: the share of connections that resume a session, from 0 to 1.
    :param version: ``"1.2"``, ``"1.3"`` or ``""`` for what both sides prefer; so too ``cipher`` and
        ``group``, by their IANA names.
    :param root: a file of roots, PEM or DER, to which the server must chain; ``""`` verifies nothing.
    :param cert: a file with the client's certificates, ``""`` for none; ``key`` is one with their key,
        ``""`` if that is in the same file.
    :param server_name: the name for SNI, verification and requests; the target's host if empty.
    :param key_log: a file for the secrets of its connections, ``""`` for none; writing them takes time.
    :param captured: the most connections to capture, with their secrets; that takes time too.
    :param step_limit_s: how long each step of a connection may take before it counts as a timeout, including
        the wait to begin in an open loop. This long after ``duration_s`` ends, open connections are cut off.
    """

    target: Target
    connections: int = 10
    rate_per_s: float = 0.0
    duration_s: float = 10.0
    warm_up_s: float = 1.0
    ramp_up_s: float = 0.0
    requests: int = 0
    path: str = "/"
    size_bytes: int = 0
    pool: int = 0
    pool_idle_s: float = 0.0
    pool_lifetime_s: float = 0.0
    early_data: bool = False
    http: str = ""
    streams: int = 10
    socket_options: Mapping[str, int | str] = field(default_factory=dict)
    via: str = ""
    hold: bool = False
    resume: float = 0.0
    version: str = ""
    cipher: str = ""
    group: str = ""
    root: str = ""
    cert: str = ""
    key: str = ""
    server_name: str = ""
    key_log: str = ""
    captured: int = 0
    step_limit_s: float = 5.0
    #: The number of this worker among all, by which the starts of an open loop interleave.
    worker: int = 0
    workers: int = 1
    others: tuple[Target, ...] = ()
    spread: str = SPREADS[0]
    when_down: str = WHEN_DOWN[0]
    clients: int = 0
    vias: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def targets(self) -> tuple[Target, ...]:
        """All backends; most loads have one."""
        return (self.target, *self.others)

    @property
    def where(self) -> str:
        """All targets, separated by commas."""
        return ",".join(map(str, self.targets))

    @property
    def lines(self) -> Mapping[Target, str]:
        """The conditions of the line to each target that has one."""
        return {one: line for one in self.targets if (line := self.vias.get(str(one), self.via))}

    @property
    def line(self) -> str:
        """The lines as one text: their common conditions, or those of each target that has one."""
        each = self.lines
        if len(each) == len(self.targets) and len(set(each.values())) == 1:
            return next(iter(each.values()))
        return "; ".join(f"{target}: {line}" for target, line in each.items())

    def at(self, target: Target) -> LoadPlan:
        """The same load on one of its backends."""
        return replace(self, target=target, others=())

    @property
    def is_open_loop(self) -> bool:
        """Whether connections begin by the clock."""
        return self.rate_per_s > 0

    @property
    def has_streams(self) -> bool:
        """Whether several requests may be in flight on one connection."""
        return self.requests > 0 and self.http in ("2", "3", "auto")

    @property
    def uses_fast_open(self) -> bool:
        """Whether the first data should go with the SYN."""
        return bool(self.socket_options.get("TCP_FASTOPEN"))

    @property
    def name(self) -> str:
        """The server's name, for SNI, verification and requests."""
        return (self.server_name or self.target.name).removesuffix(".")

    def check(self, *, unbounded: bool) -> None:
        """Check that this load is possible and permitted.

        :param unbounded: whether the user confirms that the target may be loaded, even if it is not loopback.
        :raises RequestError: if it is not, before anything is sent.
        """
        check(self, unbounded=unbounded)

    def share(self, worker: int) -> LoadPlan:
        """The share of one of the workers."""

        def part(whole: int) -> int:
            return whole // self.workers + (worker < whole % self.workers)

        return replace(
            self,
            worker=worker,
            connections=part(self.connections),
            pool=part(self.pool),
            clients=part(self.clients),
            rate_per_s=self.rate_per_s / self.workers,
        )

    def to_json(self) -> str:
        """One line that :meth:`from_json` reads; what only several targets need is left out if unused."""
        members, neutral = asdict(self), LoadPlan(target=self.target)
        for name in _OF_SEVERAL:
            if getattr(self, name) == getattr(neutral, name):
                del members[name]
        return json.dumps(members)

    @classmethod
    def from_json(cls, text: str) -> LoadPlan:
        """The plan in a line."""
        fields: Mapping[str, Any] = json.loads(text)
        others = tuple(Target(**one) for one in fields.get("others", ()))
        return cls(**{**fields, "target": Target(**fields["target"]), "others": others})
