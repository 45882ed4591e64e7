"""A Dask cluster, as seen by the process that gives its machines work.

Nothing here is imported unless a fleet is used: importing ``distributed`` takes more than a second.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import time
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.fleet import errand
from tlsbench.fleet.clocks import Exchange, Offset, offset_of
from tlsbench.fleet.facts import Facts
from tlsbench.fleet.hosts import RESOURCE, Host, Worker, hosts_of
from tlsbench.fleet.security import Certificates

_CONNECT_SECONDS = 10.0
#: A clock is read at most this many times, and not again once its offset is known this well.
_MOST_QUESTIONS = 12
_WELL_KNOWN_NS = 500_000
#: How often the scheduler is asked whether the workers are still there.
_ROLL_CALL_SECONDS = 1.0
#: A machine that has been silent for this long is lost; it sends a message at least once a second.
SILENCE_SECONDS = 15.0
_END_SECONDS = 10.0
_LOOK_SECONDS = 0.1


@dataclass(slots=True)
class Errand:
    """An order for one machine, pending, running or finished.

    :param heard_at: when its last message arrived, by :func:`time.monotonic`; 0 before the first.
    :param answer: its last message, as :func:`tlsbench.fleet.errand.perform` returns it; None until then.
    :param lost: why the errand was lost; ``""`` if it was not.
    """

    host: Host
    token: str
    future: Any
    heard_at: float
    answer: Mapping[str, Any] | None = None
    lost: str = ""
    is_ready: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it has been answered or lost."""
        return self.answer is not None or bool(self.lost)

    @property
    def error(self) -> str:
        """Why it failed; ``""`` if it did not."""
        return self.lost or str((self.answer or {}).get("error", ""))


@dataclass(slots=True)
class Errands:
    """Orders that several machines carry out together, one each.

    :param lost_scheduler: why the scheduler is lost; ``""`` if it is not.
    """

    cluster: Cluster
    each: list[Errand]
    _events: queue.Queue[Mapping[str, Any]] = field(default_factory=queue.Queue)
    lost_scheduler: str = ""
    _called_at: float = 0.0

    @property
    def under_way(self) -> list[Errand]:
        """The errands that are not over."""
        return [one for one in self.each if not one.is_over]

    def follow(self, patience_s: float) -> Iterator[tuple[Errand, Mapping[str, Any]]]:
        """Yield the messages of the next seconds, each with its errand; then see which errands are over."""
        by_token = {one.token: one for one in self.each}
        deadline = time.monotonic() + patience_s
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                message = self._events.get(timeout=left_s)
            except queue.Empty:
                break
            if (one := by_token.get(message.get("token", ""))) is not None:
                one.heard_at = time.monotonic()
                one.is_ready = one.is_ready or "ready" in message
                yield one, message
        self._look_after()

    def _look_after(self) -> None:
        """Update which errands have ended, and which are lost."""
        for one in self.under_way:
            if one.future.status == "finished":
                one.answer = self._result(one)
            elif one.future.status == "error":
                one.lost = f"its task failed: {_first_line(one.future.exception())}"
        if self.cluster.is_lost:
            self._lose_all(f"the scheduler at {self.cluster.address} is gone")
        if not self.under_way or time.monotonic() - self._called_at < _ROLL_CALL_SECONDS:
            return
        self._called_at = time.monotonic()
        try:
            present = self.cluster.addresses()
        except OSError:
            self._lose_all(f"the scheduler at {self.cluster.address} is gone")
            return
        for one in self.under_way:
            if one.host.address not in present:
                one.lost = "its worker is gone"
            elif one.heard_at and time.monotonic() - one.heard_at > SILENCE_SECONDS:
                one.lost = f"silent for {SILENCE_SECONDS:g} s"

    def _result(self, one: Errand) -> Mapping[str, Any]:
        try:
            return dict(one.future.result(timeout=_END_SECONDS))
        except Exception as error:  # noqa: BLE001 - Dask has many ways to lose a result
            one.lost = f"its result was lost: {_first_line(error)}"
            return {"error": one.lost}

    def _lose_all(self, why: str) -> None:
        self.lost_scheduler = why
        for one in self.under_way:
            one.lost = why

    def tell(self, lines: Mapping[str, str]) -> None:
        """Write a line to some of the processes; those that are gone miss it.

        :param lines: by token.
        """
        addresses = [one.host.address for one in self.under_way if one.token in lines]
        if addresses and not self.cluster.is_lost:
            with contextlib.suppress(OSError):  # the scheduler is gone, which follow() notices
                self.cluster.client.run(errand.tell, dict(lines), workers=addresses, on_error="ignore")

    def ask_to_stop(self) -> None:
        """Ask all to end early, with the results they have."""
        self.tell({one.token: "stop" for one in self.under_way})

    def end(self) -> None:
        """End all running errands, and wait until their processes are gone."""
        left = {one.host.address: one.token for one in self.under_way}
        for one in self.each:
            if not self.cluster.is_lost:
                one.future.cancel()
        deadline = time.monotonic() + _END_SECONDS
        while left and not self.cluster.is_lost and time.monotonic() < deadline:
            try:
                there = self.cluster.client.run(
                    errand.under_way,
                    workers=sorted(left.keys() & self.cluster.addresses()),
                    on_error="ignore",
                )
            except OSError:
                return
            left = {address: left[address] for address, tokens in there.items() if left[address] in tokens}
            if left:
                time.sleep(_LOOK_SECONDS)


@dataclass(slots=True)
class Cluster:
    """A connected cluster.

    :param client: Dask's client.
    :param address: the scheduler's.
    """

    client: Any
    address: str

    @property
    def is_lost(self) -> bool:
        """Whether the scheduler is gone."""
        return bool(self.client.status != "running")

    @property
    def is_encrypted(self) -> bool:
        """Whether its links are encrypted."""
        return self.address.startswith("tls://")

    def addresses(self) -> set[str]:
        """The addresses of the workers that are there now."""
        return set(self.client.nthreads())  # asks the scheduler; scheduler_info() may be out of date

    def hosts(self, *, share_hosts: bool = False) -> list[Host]:
        """The machines of the cluster, see :func:`tlsbench.fleet.hosts.hosts_of`.

        :raises RequestError: if there are none, or some cannot take part.
        """
        found = self.client.run(errand.who, on_error="return")
        _refuse_failures(found)
        workers = [Worker(address, *answer) for address, answer in found.items()]
        return hosts_of(workers, share_hosts=share_hosts)

    def facts(self, hosts: Sequence[Host], implementations: Sequence[str]) -> dict[str, Facts]:
        """The software of the machines, by name.

        :raises RequestError: if one does not report it.
        """
        found = self.client.run(
            errand.facts, list(implementations), workers=[one.address for one in hosts], on_error="return"
        )
        answers = {one.name: found.get(one.address, {"error": "it is gone"}) for one in hosts}
        _refuse_failures(answers)
        for name, answer in answers.items():
            if "error" in answer:
                raise RequestError(f"{name}: {answer['error']}")
        return {name: Facts(**answer["facts"]) for name, answer in answers.items()}

    def clocks(self, host: Host) -> tuple[Offset, Offset]:
        """How far a machine's CLOCK_MONOTONIC and its wall clock are ahead of ours.

        :raises MeasurementError: if it does not answer, or a clock was set in the meantime.
        """
        monotonic: list[Exchange] = []
        wall: list[Exchange] = []
        for _ in range(_MOST_QUESTIONS):
            sent, sent_wall = time.monotonic_ns(), time.time_ns()
            found = self.client.run(errand.read_clocks, workers=[host.address], on_error="return")
            received, received_wall = time.monotonic_ns(), time.time_ns()
            answer = found.get(host.address)
            if not isinstance(answer, tuple | list):
                raise MeasurementError(f"{host.name}: its clock cannot be read: {_first_line(answer)}")
            monotonic.append(Exchange(sent, answer[0], received))
            wall.append(Exchange(sent_wall, answer[1], received_wall))
            if (known := offset_of(monotonic)).uncertain_ns <= _WELL_KNOWN_NS:
                break
        return known, offset_of(wall)

    @contextmanager
    def errands(self, orders: Mapping[str, str], hosts: Sequence[Host]) -> Iterator[Errands]:
        """Have orders carried out; at the end of the block all have ended, however it is left.

        :param orders: by the host's name, see :mod:`tlsbench.fleet.member`.
        """
        number = uuid.uuid4().hex
        topic = f"tlsbench-{number}"
        found = Errands(self, [])
        self.client.subscribe_topic(topic, lambda event: found._events.put(event[1]))
        try:
            for at, host in enumerate(hosts):
                token = f"{topic}-{at}"
                future = self.client.submit(
                    errand.perform, token, topic, orders[host.name], key=token, pure=False, retries=0,
                    workers=[host.address], allow_other_workers=False, resources={RESOURCE: 1},
                )  # fmt: skip
                found.each.append(Errand(host, token, future, 0.0))
            yield found
        finally:
            found.end()
            if not self.is_lost:
                self.client.unsubscribe_topic(topic)


def _refuse_failures(answers: Mapping[str, Any]) -> None:
    """Check that all workers could answer.

    :raises RequestError: if one could not, in one line.
    """
    for name, answer in answers.items():
        if isinstance(answer, ModuleNotFoundError | ImportError | AttributeError):
            raise RequestError(
                f"{name}: its worker's Python does not have this version of tlsbench: {_first_line(answer)}"
            )
        if isinstance(answer, BaseException):
            raise RequestError(f"{name}: it cannot be identified: {_first_line(answer)}")


def _first_line(error: object) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


@contextmanager
def connected(address: str, certificates: Certificates | None) -> Iterator[Cluster]:
    """Connect to a cluster by its scheduler's address, until the end of the block.

    :param address: as Dask writes it, such as ``tls://192.0.2.1:8786``.
    :param certificates: the certificates with which its links are encrypted; None if they are not.
    :raises RequestError: if there is no cluster, or it does not let us in.
    """
    from distributed import Client

    # We report errors ourselves, in one line.
    for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # differing versions are reported by us
            client = Client(
                address,
                security=None if certificates is None else certificates.security(),
                timeout=_CONNECT_SECONDS,
                set_as_default=False,
                name="tlsbench",
            )
    except (OSError, ValueError, TimeoutError, RuntimeError) as error:
        raise RequestError(f"--scheduler {address}: {_why_not(address, error, certificates)}") from None
    try:
        yield Cluster(client, address)
    finally:
        client.close(timeout=2)


def _why_not(address: str, error: Exception, certificates: Certificates | None) -> str:
    if address.startswith("tls://") and certificates is None:
        return "its links are encrypted, and there are no certificates here: give --certs DIR"
    return f"no Dask scheduler answers there within {_CONNECT_SECONDS:g} s ({_first_line(error)})"
