"""Linux network namespaces and TUN devices, through the system calls of namespaces(7) and netdevice(7).

Neither has a name in the file system: both disappear with the last process that holds them.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Final

from tlsbench.errors import RequestError

_TUN: Final = "/dev/net/tun"
# linux/sched.h, linux/if_tun.h, linux/sockios.h, linux/if.h
_CLONE_NEWNET: Final = 0x4000_0000
_TUNSETIFF: Final = 0x4004_54CA
_IFF_TUN_NO_PI: Final = 0x0001 | 0x1000
_SIOCGIFFLAGS: Final = 0x8913
_SIOCSIFFLAGS: Final = 0x8914
_SIOCSIFADDR: Final = 0x8916
_SIOCSIFDSTADDR: Final = 0x8918
_SIOCSIFTXQLEN: Final = 0x8943
_IFF_UP: Final = 0x1
#: struct ifreq: a name, and a union whose largest member has 24 bytes.
_IFREQ: Final = struct.Struct("16s24s")
_SOCKADDR_IN: Final = struct.Struct("=H2x4s")
#: The kernel replaces %d with a free number.
_NAME: Final = b"tlsbench%d"
#: Packets queued to be read: the queue of a line never overflows, so the queue of its device must not either.
_QUEUE_PACKETS: Final = 100_000
NEEDS: Final = "a line needs a network namespace and TUN devices, and so root on Linux"


def enter_new_namespace() -> None:
    """Move this process into a new network namespace, in which no device is up.

    :raises RequestError: if this process is not permitted to.
    """
    _needs_linux()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        raise _refused("a network namespace", ctypes.get_errno())


def open_device(address: str, peer: str, *, carries_loopback: bool = False) -> int:
    """Open a new TUN device in the namespace of this process, up, with a route to its peer only.

    :param address: its own IPv4 address; ``peer`` is the address at the other end.
    :param carries_loopback: whether packets from or to 127.0.0.0/8 may pass it.
    :returns: a non-blocking file descriptor, each read and each write of which is one packet. Closing it
        removes the device.
    :raises RequestError: if this process is not permitted to.
    """
    _needs_linux()
    try:
        device = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _refused(_TUN, error.errno) from error
    try:
        request = _IFREQ.pack(_NAME, struct.pack("=H", _IFF_TUN_NO_PI))
        name = _IFREQ.unpack(fcntl.ioctl(device, _TUNSETIFF, request))[0]
        if carries_loopback:
            _take_loopback(name)
        _set_up(name, address, peer)
    except OSError as error:
        os.close(device)
        raise _refused("a TUN device", error.errno) from error
    return device


def bring_up_loopback() -> None:
    """Bring up ``lo`` in the namespace of this process: in a new namespace it exists, but is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        _bring_up(sock, b"lo")


def _take_loopback(name: bytes) -> None:
    """Let loopback addresses pass a device, which otherwise drops them as martians (route_localnet)."""
    text = name.rstrip(b"\0").decode("ascii")
    Path(f"/proc/sys/net/ipv4/conf/{text}/route_localnet").write_text("1", encoding="ascii")


def _set_up(name: bytes, address: str, peer: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for request, value in ((_SIOCSIFADDR, address), (_SIOCSIFDSTADDR, peer)):
            packed = _SOCKADDR_IN.pack(socket.AF_INET, socket.inet_aton(value))
            fcntl.ioctl(sock, request, _IFREQ.pack(name, packed))
        fcntl.ioctl(sock, _SIOCSIFTXQLEN, _IFREQ.pack(name, struct.pack("=i", _QUEUE_PACKETS)))
        _bring_up(sock, name)


def _bring_up(sock: socket.socket, name: bytes) -> None:
    answer = fcntl.ioctl(sock, _SIOCGIFFLAGS, _IFREQ.pack(name, b""))
    flags = struct.unpack_from("=H", _IFREQ.unpack(answer)[1])[0] | _IFF_UP
    fcntl.ioctl(sock, _SIOCSIFFLAGS, _IFREQ.pack(name, struct.pack("=H", flags)))


def _needs_linux() -> None:
    if sys.platform != "linux":
        raise RequestError(f"this is {sys.platform}: {NEEDS}")


def _refused(what: str, code: int | None) -> RequestError:
    reason = os.strerror(code or 0).lower()
    return RequestError(f"the kernel refuses {what} ({reason}): {NEEDS}")
