"""A line between two kernels: loads over it, what remains after them, and the simulated network compared.

It needs root, and a kernel with network namespaces and TUN.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.integration.conftest import find
from tests.loading.servers import server_context, speaker

from tlsbench import pki
from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import RequestError, TlsbenchError
from tlsbench.forwarding import Detour, LineTo, local_address
from tlsbench.loading import LoadPlan, Target, run_load
from tlsbench.loading.tally import SUCCESS, TCP_RTT
from tlsbench.loopback import Server, ServerSetup
from tlsbench.results.reader import read_file

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
LOOPBACK = "127.0.0.1"


pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(120)]
needs_line = pytest.mark.usefixtures("line")


@pytest.fixture(scope="module")
def line() -> None:
    """Skip if this system, or this user, cannot do it."""
    try:
        Detour([LineTo("rtt=0ms", LOOPBACK)]).close()
    except TlsbenchError as error:
        pytest.skip(str(error))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(ServerSetup(identity=pki.peers("ecdsa-secp256r1", 1).server)) as one:
        yield one


def devices() -> set[str]:
    return {name for _, name in socket.if_nameindex()}


def namespace_of(process: psutil.Process) -> str:
    return str(Path(f"/proc/{process.pid}/ns/net").readlink())


def is_used(namespace: str) -> bool:
    """Whether any process is in a network namespace."""
    for process in psutil.process_iter():
        try:
            if namespace_of(process) == namespace:
                return True
        except OSError:  # it has gone
            continue
    return False


def plan_of(server: Server, **change: Any) -> LoadPlan:
    settings = {"connections": 4, "duration_s": 1.0, "warm_up_s": 0.0, "version": "1.3", **change}
    plan = LoadPlan(target=Target(*server.address), **settings)
    plan.check(unbounded=False)
    return plan


@needs_line
def test_a_load_takes_the_round_trips_of_its_line(server: Server) -> None:
    """A connection has one to open TCP, one for the handshake, and one for a request and its answer."""
    before = devices()
    load = run_load(plan_of(server, via="rtt=60ms", requests=1))
    assert set(load.tally.outcomes) == {SUCCESS}
    for phase in ("connect", "handshake", "first byte", TCP_RTT):
        times = load.tally.times[phase]
        assert times.get_total_count() > 0
        assert times.get_min_value() > 59e6, phase
    assert load.forwarded is not None
    assert load.forwarded.packets > 8 * load.tally.outcomes[SUCCESS]
    assert load.forwarded.lost == 0
    assert load.server is not None, "the server's processes are seen from where the load was started"
    assert devices() == before


@needs_line
def test_each_backend_has_the_round_trips_of_its_own_line() -> None:
    """Two ports of one address: packets are distinguished by port."""

    def speak(tls: ssl.SSLSocket) -> None:
        while tls.recv(4096):
            pass

    before = devices()
    with speaker(server_context(), speak) as first, speaker(server_context(), speak) as second:
        near, far = (Target(*address) for address in (first, second))
        plan = LoadPlan(
            target=near,
            others=(far,),
            via="rtt=20ms",
            vias={str(far): "rtt=120ms"},
            connections=4,
            duration_s=1.0,
            warm_up_s=0.0,
            version="1.3",
            step_limit_s=60.0,
        )
        plan.check(unbounded=False)
        load = run_load(plan)
    of_near, of_far = load.backends
    assert set(load.tally.outcomes) == {SUCCESS}
    assert of_near.tally.times["connect"].get_min_value() > 19e6
    assert of_near.tally.times["connect"].get_min_value() < of_far.tally.times["connect"].get_min_value()
    assert of_far.tally.times["connect"].get_min_value() > 119e6
    assert load.forwarded is None
    for one in load.backends:
        assert one.forwarded is not None
        assert one.forwarded.packets > 0
    assert devices() == before


@needs_line
def test_a_line_that_loses_packets_makes_kernels_send_again(server: Server) -> None:
    load = run_load(plan_of(server, via="rtt=5ms,loss=20%", connections=20, duration_s=2.0))
    assert load.forwarded is not None
    of = load.forwarded.packets + load.forwarded.lost
    assert 0.1 < load.forwarded.lost / of < 0.3
    assert load.tally.retransmissions >= load.tally.retransmitting > 0


@needs_line
def test_bytes_take_their_time_on_the_line() -> None:
    """An answer of a hundred thousand bytes in 0.4 s: 2 Mbit/s."""
    with closing(Detour([LineTo("rtt=1ms,bandwidth=2mbit", LOOPBACK)])) as detour:
        with socket.create_server((LOOPBACK, 0)) as listener:
            code = (
                "import socket, sys, time\n"
                f"sock = socket.create_connection(('{LOOPBACK}', {listener.getsockname()[1]}), 10)\n"
                "began, got = time.monotonic(), 0\n"
                "while got < 100_000: got += len(sock.recv(65536))\n"
                "print(time.monotonic() - began)\n"
            )
            with subprocess.Popen(
                [*detour.under, sys.executable, "-c", code], stdout=subprocess.PIPE
            ) as process:
                accepted, (host, _) = listener.accept()
                with accepted:
                    assert host.startswith(("198.18.", "198.19.")), "the clients' own address"
                    accepted.sendall(bytes(100_000))
                    assert process.stdout is not None
                    took_s = float(process.stdout.read())
        (carried,) = detour.finish()
        assert carried.packets > 100_000 / 1448
    assert took_s > 0.9 * 0.4


@needs_line
def test_the_conditions_are_stored_shown_and_a_difference(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host, port = server.address
    common = ["--duration", "300ms", "--warm-up", "0", "--quiet"]
    for name, more in (("direct", []), ("via", ["--via", "loss=0,rtt=20"])):
        assert (
            tlsbench(["load", f"{host}:{port}", *common, *more, "--json", str(tmp_path / f"{name}.json")])
            == 0
        )
    capsys.readouterr()
    stored = json.loads((tmp_path / "via.json").read_text())["tlsbench"]["load"]
    assert stored["plan"]["via"] == "rtt=20ms"
    assert stored["forwarded"]["packets"] > 0
    assert stored["tally"]["windows"]
    assert read_file(tmp_path / "via.json").result.plan.via == "rtt=20ms"  # type: ignore[union-attr]
    assert tlsbench(["show", str(tmp_path / "via.json")]) == 0
    assert ", via rtt=20ms" in capsys.readouterr().out
    tlsbench(["compare", str(tmp_path / "direct.json"), str(tmp_path / "via.json")])
    said = " ".join(capsys.readouterr().out.split())
    assert "different line (--via): none in the base, rtt=20ms in the new" in said


@needs_line
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_however_it_ends_nothing_is_left(server: Server, number: signal.Signals, tmp_path: Path) -> None:
    before = devices()
    host, port = server.address
    command = [sys.executable, "-m", "tlsbench", "load", f"{host}:{port}", "--duration", "60s", "--quiet"]
    process = subprocess.Popen(
        [*command, "--via", "rtt=20ms", "--json", str(tmp_path / "load.json")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server.next_visit()
    children = psutil.Process(process.pid).children(recursive=True)
    ours, theirs = devices() - before, {namespace_of(child) for child in children}
    assert ours
    (theirs_alone,) = theirs - {namespace_of(psutil.Process())}
    process.send_signal(number)
    code = process.wait(30)
    _wait_until(lambda: not any(child.is_running() for child in children))
    _wait_until(lambda: not is_used(theirs_alone))
    _wait_until(lambda: not ours & devices())
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    if number != signal.SIGKILL:
        stored = json.loads((tmp_path / "load.json").read_text())
        assert stored["tlsbench"]["load"]["forwarded"]["packets"] > 0


@needs_line
def test_a_line_that_dies_is_said_and_what_was_counted_is_kept(server: Server, tmp_path: Path) -> None:
    host, port = server.address
    command = [sys.executable, "-m", "tlsbench", "load", f"{host}:{port}", "--duration", "2s", "--quiet"]
    process = subprocess.Popen(
        [*command, "--via", "rtt=20ms", "--limit", "1s", "--json", str(tmp_path / "load.json")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server.next_visit()
    (line_of_it,) = (
        child
        for child in psutil.Process(process.pid).children()
        if "tlsbench.forwarding.worker" in child.cmdline()
    )
    line_of_it.kill()
    assert process.wait(60) == 3
    stored = json.loads((tmp_path / "load.json").read_text())["tlsbench"]["load"]
    assert stored["lost_workers"] == ["the line of --via died (signal 9)"]
    assert stored["forwarded"] is None
    assert stored["tally"]["outcomes"]


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


@needs_line
def test_a_target_beyond_this_machine_is_refused() -> None:
    for host in ("192.0.2.77", "198.51.100.1"):
        with pytest.raises(RequestError, match="is not this machine"):
            local_address(host)
    for host in ("::1", "0.0.0.0"):
        with pytest.raises(RequestError, match=r"IPv4|is not an address"):
            local_address(host)
    assert local_address("localhost") == LOOPBACK


@pytest.mark.parametrize("missing", ["net_admin", "sys_admin"])
def test_who_may_not_is_told_what_it_takes(missing: str) -> None:
    """In one line, and nothing is sent."""
    if os.geteuid() != 0:
        pytest.skip("only root can give up a capability")
    command = [find("setpriv"), "--bounding-set", f"-{missing}", sys.executable, "-m", "tlsbench"]
    done = subprocess.run(
        [*command, "load", f"{LOOPBACK}:9", "--via", "rtt=5ms"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    (said,) = done.stderr.strip().splitlines()
    assert "--via rtt=5ms: the kernel refuses" in said
    assert said.endswith("a line needs a network namespace and TUN devices, and so root on Linux")


@needs_line
def test_the_simulated_network_is_that_of_the_kernel(tmp_path: Path) -> None:
    """A few cases of benchmarks/network_truth.py, which compares them all."""
    found = tmp_path / "found.json"
    words = ["--rtts", "20", "--chains", "500,6000,14000", "--exchanges", "5", "--json", str(found)]
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "network_truth.py"), *words],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode in (0, 1), done.stderr  # 1: a time that is not as close as it should be
    outcomes = json.loads(found.read_text())
    for one in outcomes:
        for count in ("handshake_round_trips", "round_trips"):
            assert one["kernel_depths"][count] == one["model_depths"][count], one
        # The fastest of a kernel cannot be faster; how much slower it is depends on the machine.
        kernel, model = (one[side]["done_ms"] for side in ("kernel", "model"))
        assert 0.97 < kernel / model < 1.5, one
    trips = {
        (one["case"]["chain_bytes"], one["case"]["nodelay"]): one["kernel_depths"]["handshake_round_trips"]
        for one in outcomes
    }
    assert trips == {
        (500, True): 1,
        (500, False): 1,
        (6000, True): 1,
        (6000, False): 2,
        (14000, True): 2,
        (14000, False): 2,
    }
