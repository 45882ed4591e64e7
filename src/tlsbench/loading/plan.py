"""What a load is: the target, how many connections in what time, and what each of them does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from tlsbench.loading.checking import SPREADS, WHEN_DOWN, check
from tlsbench.loading.target import Target

#: Members of a plan that older versions did not have: a stored load has them only where they say something.
_OF_SEVERAL: Final = ("others", "spread", "when_down", "clients", "vias", "addresses")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """What one worker process does; :meth:`share` divides a whole load among several.

    :param target: the one target, or the first of several backends; ``others`` has the rest.
    :param spread: which backend a connection goes to, one of :data:`SPREADS`.
    :param when_down: what becomes of the connections of a backend that is down: one of :data:`WHEN_DOWN`.
    :param clients: how many clients keep a session each, and a connection that resumes is by a random one of
        them, whichever backend it goes to; 0 resumes the latest session of the same backend.
    :param addresses: by a target's host, its address, where those who connect can look up none.
    :param connections: the connections of a closed loop; the most that are open at once in an open one.
    :param rate_per_s: connections that an open loop begins in a second; 0 for a closed loop, in which the
        next connection begins when one ends.
    :param duration_s: how long counted connections begin; what has begun is finished.
    :param warm_up_s: how long uncounted ones do before that.
    :param ramp_up_s: within the warm-up, how long it takes until all connections of a closed loop have begun.
    :param requests: HTTP requests on each connection; 0 ends it after the handshake.
    :param http: which HTTP is offered by ALPN and spoken: ``"1.1"``, ``"2"``, ``"3"`` or ``"auto"`` (2 or
        1.1, as the server chooses); ``""`` offers nothing, and speaks 1.1.
    :param streams: of HTTP/2 and 3, how many requests are under way at once on each connection, at most.
    :param path: what they ask for.
    :param size_bytes: how long each answer must be; 0 takes any.
    :param pool: how many connections are kept and used again: what begins is then a use of one, with the
        requests, and waits for one; 0 opens a connection for each.
    :param pool_idle_s: a pool's connection that was unused for this long is closed; 0 keeps it.
        ``pool_lifetime_s`` likewise, since it was opened.
    :param early_data: whether a resumed connection sends its first request as early data.
    :param socket_options: by the names of :data:`tlsbench.sockets.OPTIONS`.
    :param via: what the line to each target is like, as :func:`tlsbench.forwarding.canonical` writes it;
        ``""`` for none. ``vias`` has those of the targets that have another, by their text.
    :param hold: whether connections stay open until the end; then each slot of a closed loop has one.
    :param resume: the share of connections that resume a session, from 0 to 1.
    :param version: ``"1.2"``, ``"1.3"`` or ``""`` for what both sides prefer; ``cipher`` and ``group``
        likewise, by their IANA names.
    :param root: a file of roots, PEM or DER, that the server must chain to; ``""`` verifies nothing.
    :param cert: a file of the client's certificates, ``""`` for none; ``key`` of their key, ``""`` if it is
        in the same.
    :param server_name: for SNI and verification; the target's host if empty.
    :param key_log: a file for the secrets of its connections, ``""`` for none: to write them takes time.
    :param captured: how many connections are captured at most, with their secrets: that takes time too.
    :param step_limit_s: how long each step of a connection may take before it counts as a timeout: to begin,
        in an open loop, is one. This long after the end of ``duration_s`` what is still open is cut off.
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
    #: Which of how many workers this is, so that the beginnings of an open loop interleave.
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
        """All backends; of most loads, one."""
        return (self.target, *self.others)

    @property
    def where(self) -> str:
        """All targets in one word."""
        return ",".join(map(str, self.targets))

    @property
    def lines(self) -> Mapping[Target, str]:
        """What the line to each target is like that has one."""
        return {one: line for one in self.targets if (line := self.vias.get(str(one), self.via))}

    @property
    def line(self) -> str:
        """The lines in one text: what all have in common, or what each has that has one."""
        each = self.lines
        if len(each) == len(self.targets) and len(set(each.values())) == 1:
            return next(iter(each.values()))
        return "; ".join(f"{target}: {line}" for target, line in each.items())

    def at(self, target: Target) -> LoadPlan:
        """The same load of one of its backends."""
        return replace(self, target=target, others=())

    @property
    def is_open_loop(self) -> bool:
        """Whether connections begin by the clock."""
        return self.rate_per_s > 0

    @property
    def has_streams(self) -> bool:
        """Whether several requests may be under way at once on a connection."""
        return self.requests > 0 and self.http in ("2", "3", "auto")

    @property
    def uses_fast_open(self) -> bool:
        """Whether the first data is to go with the SYN."""
        return bool(self.socket_options.get("TCP_FASTOPEN"))

    @property
    def name(self) -> str:
        """The server's name, for SNI, verification and requests."""
        return (self.server_name or self.target.name).removesuffix(".")

    def check(self, *, unbounded: bool) -> None:
        """Check that this is a load that can be, and may be.

        :param unbounded: whether the user says that the target may be loaded, whatever it is.
        :raises RequestError: before anything is sent.
        """
        check(self, unbounded=unbounded)

    def share(self, worker: int) -> LoadPlan:
        """The part of one of the workers."""

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
        """One line that :meth:`from_json` reads; what only several targets have is left out of one's."""
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
