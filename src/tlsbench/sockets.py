"""Socket options by the kernel's names, and the values that the kernel gives them."""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from tlsbench.errors import RequestError, unknown
from tlsbench.scenarios.sizes import parse_size

#: The prefix of the address of a Unix domain socket.
UNIX: Final = "unix:"
_TCP: Final = socket.IPPROTO_TCP
# linux/tcp.h; Python has no names for these, and older systems lack them
_FASTOPEN_CONNECT: Final = 30
_SYN_DATA: Final = 32
_OPTIONS_OF_TCP_INFO: Final = 5
_ULP: Final = 31
#: tcpi_rtt, tcpi_snd_cwnd and tcpi_total_retrans of struct tcp_info, which only ever grows at its end.
_TCP_INFO: Final = struct.Struct("=68xI8xI16xI")
_KERNEL: Final = Path("/proc/sys/net/ipv4")
_FASTOPEN_BITS: Final = {"connect": 1, "listen": 2}


@dataclass(frozen=True, slots=True)
class Option:
    """A socket option.

    :param level: the level for setsockopt(2), with ``number``.
    :param values: the kind of values that it takes: ``"0 or 1"``, ``"size"``, ``"number"`` or ``"name"``.
    """

    level: int
    number: int
    values: str

    def parse(self, text: str) -> int | str:
        """Parse a value.

        :raises ValueError: if it is not valid.
        """
        if self.values == "name":
            return text
        number = parse_size(text) if self.values == "size" else int(text)
        if number < 0 or (self.values == "0 or 1" and number > 1):
            raise ValueError(text)
        return number


def _known() -> dict[str, Option]:
    """The options that this system has."""
    every = (
        ("TCP_NODELAY", _TCP, "TCP_NODELAY", "0 or 1"),
        ("SO_SNDBUF", socket.SOL_SOCKET, "SO_SNDBUF", "size"),
        ("SO_RCVBUF", socket.SOL_SOCKET, "SO_RCVBUF", "size"),
        ("SO_KEEPALIVE", socket.SOL_SOCKET, "SO_KEEPALIVE", "0 or 1"),
        ("TCP_KEEPIDLE", _TCP, "TCP_KEEPIDLE", "number"),
        ("TCP_KEEPINTVL", _TCP, "TCP_KEEPINTVL", "number"),
        ("TCP_KEEPCNT", _TCP, "TCP_KEEPCNT", "number"),
        ("TCP_CONGESTION", _TCP, "TCP_CONGESTION", "name"),
        ("TCP_FASTOPEN", _TCP, "TCP_FASTOPEN", "number"),
        ("TCP_QUICKACK", _TCP, "TCP_QUICKACK", "0 or 1"),
        ("TCP_MAXSEG", _TCP, "TCP_MAXSEG", "number"),
        ("TCP_NOTSENT_LOWAT", _TCP, "TCP_NOTSENT_LOWAT", "size"),
        ("TCP_USER_TIMEOUT", _TCP, "TCP_USER_TIMEOUT", "number"),
    )
    return {
        name: Option(level, getattr(socket, symbol), values)
        for name, level, symbol, values in every
        if hasattr(socket, symbol)
    }


OPTIONS: Final = _known()


def parse_options(texts: Iterable[str]) -> dict[str, int | str]:
    """The options given as ``NAME=VALUE``.

    :raises RequestError: if there is no such option, or it does not take that value.
    """
    options: dict[str, int | str] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        name = name.strip().upper()
        if name not in OPTIONS:
            raise unknown("socket option", name, tuple(OPTIONS))
        try:
            options[name] = OPTIONS[name].parse(value.strip() if separator else "1")
        except ValueError:
            raise RequestError(f"{text}: {name} takes a {OPTIONS[name].values}") from None
    return options


def family_of(host: str) -> socket.AddressFamily:
    """The address family of an address: ``unix:PATH``, IPv6 or IPv4."""
    if host.startswith(UNIX):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class Settings:
    """Options to set on each socket of a family.

    :param options: values by the names of :data:`OPTIONS`. TCP_NODELAY is set unless they say otherwise.
    :param use: ``"connect"`` or ``"listen"``; accepted sockets inherit the options of the listening socket.
    :param kind: the type of the sockets, stream or datagram.
    """

    def __init__(
        self,
        options: Mapping[str, int | str],
        family: socket.AddressFamily,
        use: str,
        kind: int = socket.SOCK_STREAM,
    ) -> None:
        self._family, self._use, self._kind = family, use, kind
        is_tcp = family != socket.AF_UNIX and kind == socket.SOCK_STREAM
        wanted = {"TCP_NODELAY": 1, **options} if is_tcp else dict(options)
        self._options = tuple((name, *self._call(name, value)) for name, value in wanted.items())

    def _call(self, name: str, value: int | str) -> tuple[int, int, int | bytes]:
        option = OPTIONS[name]
        number = option.number
        if name == "TCP_FASTOPEN" and self._use == "connect" and sys.platform == "linux":
            number = _FASTOPEN_CONNECT
        return option.level, number, value.encode() if isinstance(value, str) else value

    def apply(self, sock: socket.socket) -> None:
        """Set all options on a socket.

        :raises RequestError: if the kernel refuses one.
        """
        for name, level, number, value in self._options:
            try:
                sock.setsockopt(level, number, value)
            except OSError as error:
                words = value.decode() if isinstance(value, bytes) else value
                raise RequestError(
                    f"the kernel refuses {name}={words}: {error.strerror}{_valid(name)}"
                ) from error

    def try_out(self) -> list[str]:
        """Set all options on a socket that is not used.

        :returns: a line for each option that the kernel set to another value.
        :raises RequestError: if it refuses one.
        """
        lines = []
        with socket.socket(self._family, self._kind) as sock:
            self.apply(sock)
            for name, level, number, value in self._options:
                if isinstance(value, bytes) or name == "TCP_FASTOPEN":
                    continue
                got = sock.getsockopt(level, number)
                if got not in (value, 2 * value):  # Linux doubles buffers for its own needs, see socket(7)
                    lines.append(f"{name}: {value:,} was asked for, the kernel made it {got:,}")
        if self._has_fast_open and (line := _fast_open_is_off(self._use)):
            lines.append(line)
        return lines

    @property
    def _has_fast_open(self) -> bool:
        return any(name == "TCP_FASTOPEN" and value for name, _, _, value in self._options)


def _valid(name: str) -> str:
    if name != "TCP_CONGESTION":
        return ""
    try:
        known = (_KERNEL / "tcp_available_congestion_control").read_text(encoding="ascii").split()
    except OSError:
        return ""
    return f" (it has {', '.join(known)})"


def _fast_open_is_off(use: str) -> str:
    try:
        bits = int((_KERNEL / "tcp_fastopen").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return ""
    bit = _FASTOPEN_BITS[use]
    if bits & bit:
        return ""
    return f"TCP_FASTOPEN: the kernel has it off for this side: sysctl net.ipv4.tcp_fastopen={bits | bit}"


def sent_data_with_syn(sock: socket.socket) -> bool:
    """Whether the peer accepted data sent with the SYN (RFC 7413), according to tcp_info."""
    if not hasattr(socket, "TCP_INFO"):
        return False
    info = sock.getsockopt(_TCP, socket.TCP_INFO, _OPTIONS_OF_TCP_INFO + 1)
    return bool(info[_OPTIONS_OF_TCP_INFO] & _SYN_DATA)


@cache
def why_no_kernel_tls() -> str:
    """Why the kernel cannot seal TLS records (kTLS); ``""`` if it can.

    The test is the one that programs must use: setsockopt(TCP_ULP, "tls") on a connected socket (Linux's
    Documentation/networking/tls.rst).
    """
    if sys.platform != "linux":
        return "kernel TLS is only looked for on Linux"
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            socket.create_connection(listener.getsockname()) as connected,
        ):
            connected.setsockopt(_TCP, _ULP, b"tls")
    except OSError as error:
        return f'this kernel has no TLS: setsockopt(TCP_ULP, "tls") says {error.strerror}'
    return ""


class TcpInfo(NamedTuple):
    """What the kernel knows about a TCP connection (struct tcp_info, Linux), as seen from this end.

    :param rtt_us: its smoothed round-trip time (RFC 6298).
    :param window_segments: its congestion window: how much data it may have in flight.
    :param retransmissions: segments retransmitted by this end; those of the peer are not known.
    """

    rtt_us: int
    window_segments: int
    retransmissions: int


#: Whether this system has :func:`tcp_info`.
HAS_TCP_INFO: Final = sys.platform == "linux" and hasattr(socket, "TCP_INFO")


def tcp_info(sock: socket.socket) -> TcpInfo:
    """What the kernel knows about a connection, with a single getsockopt; needs :data:`HAS_TCP_INFO`."""
    return TcpInfo._make(_TCP_INFO.unpack(sock.getsockopt(_TCP, socket.TCP_INFO, _TCP_INFO.size)))


def remove_stale(path: str) -> None:
    """Remove a Unix domain socket on which nothing listens any longer.

    :raises RequestError: if something does, or it is not a socket.
    """
    file = Path(path)
    if not file.exists():
        return
    if not file.is_socket():
        raise RequestError(f"{path} exists and is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            file.unlink()
            return
        except OSError as error:
            raise RequestError(f"cannot listen on {path}: {error.strerror}") from error
    raise RequestError(f"cannot listen on {path}: {os.strerror(errno.EADDRINUSE)}")
