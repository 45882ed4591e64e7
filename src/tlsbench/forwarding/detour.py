"""The parent's end of the lines: their process, what runs behind it, and what it carried."""

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

#: Reserved for benchmarking of networks, and routed nowhere (RFC 2544 appendix C.2.2).
_ADDRESSES: Final = ipaddress.IPv4Network("198.18.0.0/15")
#: A line that drains until no more packets arrive has ended within this time plus a round trip.
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What a line carried.

    :param packets: packets delivered in both directions.
    :param lost: packets dropped, as the conditions require.
    :param late_p50_ms: the median delay of deliveries beyond their due time, in milliseconds.
    :param late_p99_ms: the 99th percentile of that delay.
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
    :param address: an IPv4 address of this machine (:func:`local_address`); the namespace has a route to it.
    :param port: the TCP or UDP port behind this line if several lines lead to one address; 0 for any.
    """

    conditions: str
    address: str
    port: int = 0


class Detour(Process):
    """Lines between a network namespace and addresses of this machine.

    :param lines: one for each address, or one for each of several ports of an address.
    :param seed: of the random losses.
    :raises RequestError: if they cannot be set up, in one line that says what is required.
    """

    def __init__(self, lines: Sequence[LineTo], seed: int = 0) -> None:
        if shutil.which("nsenter") is None:
            raise RequestError("there is no program nsenter: it is in Debian's package util-linux")
        # The kernel caches path metrics by address (tcp_metrics), so each detour uses new addresses.
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
        """What runs a program behind the lines (``under`` of a :class:`~tlsbench.processes.Process`)."""
        return ("nsenter", f"--net=/proc/{self._process.pid}/ns/net")

    def finish(self) -> tuple[Forwarded, ...]:
        """Deliver the packets in flight, end, and return what each line carried.

        :raises MeasurementError: if the process has died.
        """
        self.end_of_input()
        with may_be_cut():
            message = self.answer(self._patience_s)
        return tuple(Forwarded(**carried, busy=message["busy"]) for carried in message["lines"])


def local_address(host: str) -> str:
    """The IPv4 address of a host name that refers to this machine.

    :raises RequestError: if it does not, or has no IPv4 address.
    """
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: not a name by Python's own IDNA
        raise RequestError(f"{host} has no IPv4 address, and the line carries nothing else") from error
    address = str(found[0][4][0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 0))
        except OSError as error:
            raise RequestError(f"{host} is not this machine, and the line leads nowhere else") from error
    if ipaddress.IPv4Address(address).is_unspecified:
        raise RequestError(f"{host} is not an address: the line leads to one, such as 127.0.0.1")
    return address
