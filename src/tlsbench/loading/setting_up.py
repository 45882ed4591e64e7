"""Set up a worker's backends before its first connection: addresses, contexts, socket options, sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from OpenSSL import SSL

from tlsbench.errors import RequestError
from tlsbench.implementations.pyopenssl.tapped import MakeTap
from tlsbench.loading.attempt import Attempt
from tlsbench.loading.clients import Clients
from tlsbench.loading.context import Shared, client_context, resolve
from tlsbench.loading.plan import LoadPlan
from tlsbench.loading.spreading import Backend
from tlsbench.loading.tally import LoadTally
from tlsbench.loading.watchdog import Turn
from tlsbench.sockets import Settings


def attempts_of(http: str) -> type[Attempt]:
    """The class of a load's connections, by its ``http``."""
    if http == "3":
        from tlsbench.loading.quic import QuicConnection  # which needs an extra

        return QuicConnection
    from tlsbench.loading.client import Connection

    return Connection


def backends_of(plan: LoadPlan, kind: int, tap: MakeTap, remarks: list[str]) -> Sequence[Backend]:
    """The backends of a load.

    Those with one server name share an OpenSSL context, so that a session of one can be resumed at another.

    :param kind: the type of their sockets, see socket(2).
    :param remarks: receives where the kernel deviates from the requested socket options.
    :raises RequestError: if one has no address, two have the same, or the plan is refused.
    """
    contexts: dict[str, tuple[SSL.Context, set[SSL.Connection]]] = {}
    seen: dict[object, str] = {}
    turn = Turn()
    more: dict[str, Any] = {"sessions": Clients(plan.clients, plan.worker)} if plan.clients else {}
    backends = []
    for number, target in enumerate(plan.targets):
        its = plan.at(target)
        family, address = resolve(its)
        if (other := seen.setdefault(address, str(target))) != str(target):
            raise RequestError(f"{target} is {other} by another name: name each backend once")
        settings = Settings(plan.socket_options, family, "connect", kind)
        remarks += [remark for remark in settings.try_out() if remark not in remarks]
        is_new = its.name not in contexts
        if is_new:
            contexts[its.name] = client_context(its), set()
        context, accepted = contexts[its.name]
        shared = Shared(
            its,
            context,
            address,
            family,
            settings,
            LoadTally(),
            tap,
            backend=number,
            accepted=accepted,
            turn=turn,
            **more,
        )
        if plan.early_data and is_new:
            shared.watch_early_data()
        backends.append(Backend(shared))
    return backends
