"""The near end of lines: their process, what runs behind it, and what it carried."""

from __future__ import annotations

import ipaddress
import json
import secrets
import shutil
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from tlsbench.errors import RequestError
from tlsbench.forwarding.conditions import network_of
from tlsbench.interrupts import may_be_cut
from tlsbench.processes import Process

#: For measurements between networks, and nowhere routed (RFC 2544 appendix C.2.2).
_ADDRESSES: Final = ipaddress.IPv4Network("198.18.0.0/15")
#: A line that carries on until nothing comes any more has ended by then, and a round trip.
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What a line carried.

    :param packets: packets of both ways that were delivered.
    :param lost: those that were lost, as was asked for.
    :param late_p50_ms: how much later than they were due half of them were delivered, at least.
    :param late_p99_ms: the same of 1 %.
    :param busy: the share of the time that its process was on a processor; near 1 it could not keep up.
    """

    packets: int
    lost: int
    late_p50_ms: float
    late_p99_ms: float
    busy: float


@dataclass(frozen=True, slots=True)
class LineTo:
    """A line and where it leads.

    :param conditions: as :func:`tlsbench.forwarding.canonical` writes them.
    :param address: IPv4, of this machine (:func:`local_address`): what the namespace has a route to.
    :param port: where several lines lead to one address, the port of TCP or UDP behind this one; else any.
    """

    conditions: str
    address: str
    port: int = 0


class Detour(Process):
    """Lines between a network namespace and addresses of this machine.

    :param lines: one for each address, or for each of some ports of an address.
    :param seed: of the losses.
    :raises RequestError: if they cannot be made, in one line that says what it takes.
    """

    def __init__(self, lines: Sequence[LineTo], seed: int = 0) -> None:
        if shutil.which("nsenter") is None:
            raise RequestError("there is no program nsenter: it is in Debian's package util-linux")
        # A kernel remembers paths by their addresses (tcp_metrics): each line has new ones.
        first = _ADDRESSES[2 * secrets.randbelow(_ADDRESSES.num_addresses // 2)]
        request: dict[str, Any] = {"lines": [asdict(line) for line in lines], "seed": seed}
        request |= {"server": str(first), "client": str(first + 1)}
        self._patience_s = _PATIENCE_S + max(network_of(line.conditions).rtt_ms for line in lines) / 1e3
        super().__init__("tlsbench.forwarding.worker", json.dumps(request))
        try:
            with may_be_cut():
                self.first_answer()
        except BaseException:
            self.close()
            raise

    @property
    def under(self) -> tuple[str, ...]:
        """What runs a program behind the lines (the ``under`` of a :class:`~tlsbench.processes.Process`)."""
        return ("nsenter", f"--net=/proc/{self._process.pid}/ns/net")

    def finish(self) -> tuple[Forwarded, ...]:
        """Carry what is under way, and end; what each line carried.

        :raises MeasurementError: if it has died.
        """
        self.end_of_input()
        with may_be_cut():
            message = self.answer(self._patience_s)
        return tuple(Forwarded(**carried, busy=message["busy"]) for carried in message["lines"])


def local_address(host: str) -> str:
    """The IPv4 address of a host that is this machine.

    :raises RequestError: if it is not, or has none.
    """
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: what is no name, for Python's own IDNA
        raise RequestError(f"{host} has no IPv4 address, and the line carries no other") from error
    address = str(found[0][4][0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 0))
        except OSError as error:
            raise RequestError(f"{host} is not this machine, and the line leads nowhere else") from error
    if ipaddress.IPv4Address(address).is_unspecified:
        raise RequestError(f"{host} is not an address: the line leads to one, such as 127.0.0.1")
    return address
