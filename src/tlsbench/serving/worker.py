"""A process of a server: ``python -m tlsbench.serving.worker``.

It reads its plan as a line of JSON, listens, writes ``{"port": …}``, and then a line with its tally each
second. The end of its input tells it to stop.
"""

from __future__ import annotations

import gc
import json
import select
import signal
import socket
import sys
import threading
import time
from typing import Any, cast

import psutil

from tlsbench.errors import TlsbenchError
from tlsbench.implementations import TlsImplementation
from tlsbench.implementations.registry import implementations, spellings
from tlsbench.pki import Peers
from tlsbench.scenarios import scenario_from_id
from tlsbench.serving import models
from tlsbench.serving.answers import answerer_of
from tlsbench.serving.plan import Plan
from tlsbench.serving.session import Service
from tlsbench.serving.tally import Tally


def _write(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def listen(plan: Plan) -> socket.socket:
    """A listening socket that shares its port with those of the other workers."""
    family = socket.AF_INET6 if ":" in plan.bind[0] else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if plan.processes > 1:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(plan.bind)
    listener.listen(plan.backlog)
    return listener


def main() -> None:
    """Run a worker over standard input and output."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the process that asked says when to stop
    plan = Plan.from_json(sys.stdin.readline())
    try:
        scenario = scenario_from_id(plan.scenario, spellings())
        library = cast("TlsImplementation", implementations()[scenario.server])
        context = library.server_context(scenario, Peers.from_pem(plan.peers))
        listener = listen(plan)
    except OSError as error:
        _write({"error": f"cannot listen on {plan.bind[0]}:{plan.bind[1]}: {error.strerror}"})
        return
    except TlsbenchError as error:
        _write({"error": str(error)})
        return
    tally = Tally()
    _write({"port": listener.getsockname()[1]})
    stopped = threading.Event()
    threading.Thread(target=_report, args=(tally, stopped), daemon=True).start()
    gc.freeze()
    models.BY_NAME[plan.model](listener, Service(context, answerer_of(plan), tally), stopped.is_set)
    tally.cpu_s = time.process_time()
    _write({"done": True, "tally": tally.to_plain()})


def _report(tally: Tally, stopped: threading.Event) -> None:
    """Write the tally each second, until the input ends."""
    while not select.select([sys.stdin], [], [], 1.0)[0]:
        tally.cpu_s = time.process_time()
        resident_bytes = psutil.Process().memory_info().rss
        _write({"tally": tally.to_plain(), "resident": (tally.open, resident_bytes)})
    stopped.set()


if __name__ == "__main__":
    main()
