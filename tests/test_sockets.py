from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tlsbench import sockets
from tlsbench.errors import RequestError
from tlsbench.sockets import (
    HAS_TCP_INFO,
    OPTIONS,
    Settings,
    parse_options,
    remove_stale,
    sent_data_with_syn,
    tcp_info,
    why_no_kernel_tls,
)


def test_options_are_written_by_the_kernel_s_names() -> None:
    texts = ["tcp_nodelay=0", "SO_SNDBUF=64KiB", "TCP_CONGESTION=cubic", "SO_KEEPALIVE", "TCP_KEEPIDLE=30"]
    assert parse_options(texts) == {
        "TCP_NODELAY": 0,
        "SO_SNDBUF": 65536,
        "TCP_CONGESTION": "cubic",
        "SO_KEEPALIVE": 1,
        "TCP_KEEPIDLE": 30,
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("TCP_NODELY=1", "did you mean 'TCP_NODELAY'"),
        ("TCP_NODELAY=2", "TCP_NODELAY takes a 0 or 1"),
        ("SO_SNDBUF=lots", "'lots' is not a valid size"),
        ("TCP_KEEPIDLE=-1", "TCP_KEEPIDLE takes a number"),
        ("TCP_KEEPIDLE=soon", "TCP_KEEPIDLE takes a number"),
    ],
)
def test_what_is_no_option_is_refused(text: str, problem: str) -> None:
    with pytest.raises(RequestError, match=problem):
        parse_options([text])


def test_they_are_set_and_inherited_by_what_is_accepted() -> None:
    settings = Settings({"SO_KEEPALIVE": 1, "SO_RCVBUF": 100_000}, socket.AF_INET, "listen")
    with socket.socket() as listener:
        settings.apply(listener)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 200_000
            assert not sent_data_with_syn(accepted)


@pytest.mark.skipif(not HAS_TCP_INFO, reason="this system says nothing of its connections")
def test_the_kernel_tells_how_a_connection_fares() -> None:
    """The window is that of RFC 6928, and grows in slow start with what is acknowledged."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.connect(listener.getsockname())
        accepted, _ = listener.accept()
        with accepted:
            first = tcp_info(client)
            assert first.window_segments == 10
            assert first.retransmissions == 0
            assert first.rtt_us > 0
            client.settimeout(5)
            for _ in range(8):
                client.sendall(bytes(1 << 18))
                left = 1 << 18
                while left:
                    left -= len(accepted.recv(left))
            assert tcp_info(client).window_segments > 10


def test_what_is_taken_as_it_was_asked_has_no_remark() -> None:
    assert Settings({"SO_SNDBUF": 65536}, socket.AF_INET, "connect").try_out() == []


def test_fast_open_that_the_kernel_has_off_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_KERNEL", tmp_path)
    wanted = Settings({"TCP_FASTOPEN": 1}, socket.AF_INET, "listen")
    assert wanted.try_out() == []  # a system that does not report it
    (tmp_path / "tcp_fastopen").write_text("1\n")
    (remark,) = wanted.try_out()
    assert remark.endswith("sysctl net.ipv4.tcp_fastopen=3")
    assert Settings({"TCP_FASTOPEN": 1}, socket.AF_INET, "connect").try_out() == []


def test_a_socket_in_the_file_system_has_no_tcp_options() -> None:
    with pytest.raises(RequestError, match="the kernel refuses TCP_KEEPIDLE=3"):
        Settings({"TCP_KEEPIDLE": 3}, socket.AF_UNIX, "connect").try_out()
    assert Settings({}, socket.AF_UNIX, "connect").try_out() == []


def test_only_a_socket_on_which_nobody_listens_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "it"
    remove_stale(str(path))
    path.write_text("a letter")
    with pytest.raises(RequestError, match="exists and is not a socket"):
        remove_stale(str(path))
    path.unlink()
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))
        one.listen()
        with pytest.raises(RequestError, match="Address already in use"):
            remove_stale(str(path))
    remove_stale(str(path))
    assert not path.exists()


def test_every_option_is_one_of_this_system() -> None:
    assert {"TCP_NODELAY", "SO_SNDBUF", "SO_RCVBUF", "SO_KEEPALIVE"} <= set(OPTIONS)


@pytest.fixture
def asked_anew() -> Iterator[None]:
    """Clear what earlier tests, or this one, have cached."""
    why_no_kernel_tls.cache_clear()
    yield
    why_no_kernel_tls.cache_clear()


@pytest.mark.usefixtures("asked_anew")
@pytest.mark.skipif(sys.platform != "linux", reason="/proc/sys says what the kernel has")
def test_kernel_tls_is_there_where_the_kernel_lists_it() -> None:
    why = why_no_kernel_tls()  # this loads the module, if the kernel has one and the user may
    path = Path("/proc/sys/net/ipv4/tcp_available_ulp")
    if not path.exists():
        pytest.skip("this kernel does not say")
    assert bool(why) is ("tls" not in path.read_text(encoding="ascii").split())


@pytest.mark.usefixtures("asked_anew")
@pytest.mark.parametrize("number", [None, errno.ENOENT, errno.EPERM])
def test_kernel_tls_is_what_setsockopt_says_of_a_connected_socket(
    number: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Asked(socket.socket):
        def setsockopt(self, *option: object) -> None:
            if option == (socket.IPPROTO_TCP, 31, b"tls"):
                asked.append(self.getpeername())  # raises if it is not connected
                if number is not None:
                    raise OSError(number, os.strerror(number))

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(socket, "socket", Asked)
    why = why_no_kernel_tls()
    assert len(asked) == 1
    if number is None:
        assert why == ""
    else:
        assert why == f'this kernel has no TLS: setsockopt(TCP_ULP, "tls") says {os.strerror(number)}'


@pytest.mark.usefixtures("asked_anew")
def test_kernel_tls_is_not_looked_for_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert why_no_kernel_tls() == "kernel TLS is only looked for on Linux"
