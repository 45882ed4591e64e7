"""Fleets whose machines are network namespaces: what they do together, and what happens if one fails.

It needs root, a kernel with network namespaces, and Dask.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from benchmarks.namespaces import Machines, await_listener, why_not
from tests.integration.conftest import find

from tlsbench.errors import RequestError
from tlsbench.fleet.cluster import connected
from tlsbench.fleet.load import Fleet, FleetLoadRequest, fleet_load
from tlsbench.fleet.security import make
from tlsbench.loading import Load, LoadPlan, LoadTally, Target
from tlsbench.loading.machines import MACHINE_LOST, skew_ms
from tlsbench.loading.tally import SUCCESS, histogram
from tlsbench.results import Run
from tlsbench.results.reader import read_file
from tlsbench.session.load import LoadRequest

pytest.importorskip("distributed", reason="a fleet needs Dask: pip install '.[fleet]'")
pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(200)]

SCHEDULER, SERVED, NGINX = 8786, 8443, 9443
#: Starts a server, and returns a function that ends it and returns its counts.
Serve = Callable[[], Callable[[], dict[str, Any]]]
SHARED = frozenset({"shared-hosts"})
PATIENCE_SECONDS = 60.0
PLAN = LoadPlan(
    target=Target("127.0.0.1", SERVED), connections=8, duration_s=1.5, warm_up_s=0.0, server_name="localhost"
)
#: For a worker's own process: its wall clock is 3 s ahead.
AHEAD = """
import time
from tlsbench.fleet import errand
errand.read_clocks = lambda: (time.monotonic_ns(), time.time_ns() + 3_000_000_000)
"""
#: For all Pythons of a machine: it has another version of tlsbench.
OTHER = "import tlsbench.version\ntlsbench.version.__version__ = '0.0.9'\n"


class Site:
    """Machines, and what runs on them."""

    def __init__(self, machines: Machines, folder: Path) -> None:
        self.machines, self.folder = machines, folder
        self.address = machines.address
        self.workers: dict[int, subprocess.Popen[bytes]] = {}
        self.scheduler: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def cluster(self, numbers: Sequence[int], **special: Any) -> Iterator[Any]:
        """A cluster of these machines and no others, whatever there was before."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            for number in list(self.workers):
                self.end(number)
            self.scheduler = self.machines.scheduler(SCHEDULER)
        for number in list(self.workers):
            if number not in numbers or self.workers[number].poll() is not None or special:
                self.end(number)
        for number in numbers:
            if number not in self.workers:
                options = special.get(f"m{number}", {})
                self.workers[number] = self.machines.worker(
                    number, SCHEDULER, *options.get("options", ()), under=options.get("under", ()),
                    **options.get("environment", {}),
                )  # fmt: skip
        with connected(f"tcp://{self.address}:{SCHEDULER}", None) as cluster:
            wait_until(lambda: len(cluster.addresses()) == len(numbers), "all workers are there")
            yield cluster
        for number in special:
            self.end(int(number[1:]))

    def end(self, number: int) -> None:
        worker = self.workers.pop(number)
        worker.kill()
        worker.wait()

    def left(self, number: int) -> set[int]:
        """What still runs on a machine apart from its worker."""
        worker = self.workers.get(number)
        return self.machines.pids(self.machines.names[number - 1]) - {worker.pid if worker else 0}


def wait_until(is_so: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"not so: {what}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if why := why_not():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("fleet")
    with Machines(folder, 4) as machines:
        yield Site(machines, folder)


@pytest.fixture
def serve(site: Site) -> Serve:
    """A new ``tlsbench serve`` in the server's namespace; returns its counts once it is asked to end."""

    def start() -> Callable[[], dict[str, Any]]:
        path = site.folder / "served.json"
        words = ["serve", "implementation=pyopenssl", "--bind", site.address, "--port", str(SERVED)]
        command = [sys.executable, "-m", "tlsbench", *words, "--json", str(path)]
        process = site.machines.start(site.machines.hub, command, "serve.log")
        await_listener(site.address, SERVED, process)

        def counted() -> dict[str, Any]:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_SECONDS)
            found: dict[str, Any] = json.loads(path.read_text())
            return found

        return counted

    return start


def by_fleet(cluster: Any, plan: LoadPlan = PLAN, **watched: Any) -> tuple[Load, list[str]]:
    """Load the server that runs next to the cluster's scheduler."""
    notes: list[str] = []
    plan = beside(cluster, plan)
    request = FleetLoadRequest(
        load=LoadRequest(plan=plan, unbounded=True), allowed=SHARED | watched.pop("allowed", frozenset())
    )
    return fleet_load(cluster, request, Fleet(note=notes.append, **watched)), notes


def beside(cluster: Any, plan: LoadPlan) -> LoadPlan:
    host = cluster.address.removeprefix("tcp://").partition(":")[0]
    return replace(plan, target=Target(host, plan.target.port))


def of_all_samples(load: Load, phase: str) -> Any:
    """One histogram with each time of each machine recorded individually."""
    together = histogram()
    for machine in load.machines:
        for item in machine.tally.times[phase].get_recorded_iterator():
            together.record_value(item.value_iterated_to, item.count_added_in_this_iter_step)
    return together


@pytest.mark.parametrize("count", [2, 4])
def test_machines_load_a_server_together_and_their_counts_are_its_own(
    site: Site, serve: Serve, count: int
) -> None:
    counted = serve()
    # The second machine's CLOCK_MONOTONIC is a day ahead, as after another boot.
    elsewhen = {"m2": {"under": ("unshare", "--time", "--monotonic", "86400", "--fork", "--kill-child")}}
    with site.cluster(range(1, count + 1), **elsewhen) as cluster:
        load, notes = by_fleet(cluster)
    served = counted()
    assert load.tally.begun == load.tally.outcomes[SUCCESS] == load.tally.handshakes > 0
    # One more connection checked whether it listens.
    assert served["accepted"] - 1 == load.tally.begun
    assert sum(machine.tally.begun for machine in load.machines) == load.tally.begun
    assert [machine.connections for machine in load.machines] == [8 // count] * count
    assert not load.lost_machines
    for phase in ("connect", "handshake", "connection"):
        together = of_all_samples(load, phase)
        for percentile in (50, 90, 99, 100):
            of_load = load.tally.times[phase].get_value_at_percentile(percentile)
            assert of_load == together.get_value_at_percentile(percentile)
    skew = skew_ms(load.machines)
    assert skew is not None
    assert f"{count} machines begin at one instant" in notes[-1]


def test_each_answer_of_nginx_is_in_its_log_once(site: Site, tmp_path: Path) -> None:
    from tlsbench import pki
    from tlsbench.pki.keys import to_pem

    identity = pki.peers("ecdsa-secp256r1", 1).server
    (tmp_path / "chain.pem").write_bytes(identity.chain_pem)
    (tmp_path / "key.pem").write_bytes(to_pem(identity.private_key))
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; user root; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ access_log {tmp_path}/access.log; client_body_temp_path {tmp_path}/b; "
        f"proxy_temp_path {tmp_path}/p; fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; "
        f"scgi_temp_path {tmp_path}/s; server {{ listen {site.address}:{NGINX} ssl; "
        f"ssl_certificate {tmp_path}/chain.pem; ssl_certificate_key {tmp_path}/key.pem; "
        'location / { return 200 "hello"; } } }\n'
    )
    command = [find("nginx"), "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    server = site.machines.start(site.machines.hub, command, "nginx.log")
    await_listener(site.address, NGINX, server)
    with site.cluster((1, 3)) as cluster:
        plan = replace(PLAN, target=Target(site.address, NGINX), rate_per_s=60.0, requests=2)
        load, _ = by_fleet(cluster, plan)
    server.send_signal(signal.SIGQUIT)  # it writes what it has, and ends
    server.wait(PATIENCE_SECONDS)
    lines = (tmp_path / "access.log").read_text().splitlines()
    assert len(lines) == load.tally.requests == 2 * load.tally.outcomes[SUCCESS] > 0
    by_machine = [
        sum(line.startswith(f"{site.machines.net}.{number}.2 ") for line in lines) for number in (1, 3)
    ]
    assert by_machine == [machine.tally.requests for machine in load.machines]
    assert load.tally.begun == 90  # 60 per second for 1.5 s, whatever each machine's share


def test_machines_that_die_are_named_and_the_rest_counts(site: Site, serve: Serve) -> None:
    counted = serve()
    seconds: list[float] = []

    def observe(second: float, _tally: LoadTally) -> None:
        seconds.append(second)
        if second == 1.0:
            site.end(2)  # in the middle
        if second == 2.0:  # at the end, about when it returns its result
            at_the_end.start()

    at_the_end = threading.Timer(1.0, lambda: site.end(3))

    plan = replace(PLAN, duration_s=3.0, warm_up_s=1.0)
    with site.cluster((1, 2, 3, 4)) as cluster:
        died: list[bool] = []

        def note(line: str) -> None:
            notes.append(line)
            if "begin at one instant" in line:
                site.end(1)  # in the warm-up, which lasts a second from the start
                died.append(True)

        notes: list[str] = []
        request = FleetLoadRequest(
            load=LoadRequest(plan=beside(cluster, plan), unbounded=True), allowed=SHARED
        )
        load = fleet_load(cluster, request, Fleet(observe, note))
    wait_until(lambda: not any(map(site.left, (1, 2, 3, 4))), "nothing is left of the load")
    counted()
    at_the_end.join()
    one, two, three, four = load.machines
    assert died
    assert (one.lost, two.lost, four.lost) == ("its worker is gone", "its worker is gone", "")
    assert three.lost in ("its worker is gone", "")  # it may have finished before it was ended
    assert one.tally.begun == 0
    assert two.tally.begun > 0
    assert two.tally.open == 0
    assert four.tally.outcomes[SUCCESS] == four.tally.begun > 0
    assert load.tally.begun == sum(machine.tally.begun for machine in load.machines)
    assert MACHINE_LOST not in four.tally.outcomes
    assert seconds[:2] == [1.0, 2.0]
    lost = [line for line in notes if "is lost" in line]
    assert "m1 is lost: its worker is gone; what it had reported counts" in lost
    assert "m2 is lost: its worker is gone; what it had reported counts" in lost


def test_a_machine_whose_disk_is_full_says_so_and_the_others_go_on(
    site: Site, serve: Serve, tmp_path: Path
) -> None:
    counted = serve()
    from tlsbench import pki

    roots = tmp_path / "root.pem"
    roots.write_bytes(pki.peers("ecdsa-secp256r1", 1).root.certificate_pem)
    small = tmp_path / "small"
    small.mkdir()
    mounted = (
        "unshare",
        "--mount",
        "sh",
        "-c",
        f'mount -t tmpfs -o size=64k none {small} && exec "$@"',
        "sh",
    )
    # Python looks for a folder with space only once, and this machine had some.
    (tmp_path / "look.py").write_text("import tempfile\ntempfile.gettempdir()\n")
    look = ("--preload", str(tmp_path / "look.py"))
    special = {"m2": {"under": mounted, "options": look, "environment": {"TMPDIR": str(small)}}}
    with site.cluster((1, 2), **special) as cluster:
        there = Path(f"/proc/{site.workers[2].pid}/root") / str(small).lstrip("/")
        with contextlib.suppress(OSError), (there / "fill").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        load, notes = by_fleet(cluster, replace(PLAN, root=str(roots)))
    counted()
    one, two = load.machines
    assert re.fullmatch(r"cannot write \S+/root\.pem: No space left on device", two.lost)
    assert f"m2 is lost: {two.lost}; what it had reported counts" in notes
    assert one.tally.begun > 0
    assert not one.lost


def test_a_clock_that_is_off_is_refused_before_anything_is_sent_or_told(
    site: Site, serve: Serve, tmp_path: Path
) -> None:
    counted = serve()
    (tmp_path / "ahead.py").write_text(AHEAD)
    special = {"m2": {"options": ("--preload", str(tmp_path / "ahead.py"))}}
    with site.cluster((1, 2), **special) as cluster:
        with pytest.raises(RequestError, match=r"m2: its clock is 3\.0 s ahead of this machine's: set it"):
            by_fleet(cluster)
        wait_until(lambda: not site.left(1) | site.left(2), "nothing is left of what was refused")
        load, _ = by_fleet(cluster, allowed=frozenset({"clocks"}))
    served = counted()
    assert served["accepted"] - 1 == load.tally.begun > 0
    assert load.machines[1].clock_off_ms == pytest.approx(3000, abs=500)
    assert not load.lost_machines


def test_another_version_is_refused_or_said_in_the_results(site: Site, serve: Serve, tmp_path: Path) -> None:
    counted = serve()
    (tmp_path / "sitecustomize.py").write_text(OTHER)
    special = {"m2": {"environment": {"PYTHONPATH": str(tmp_path)}}}
    with site.cluster((1, 2), **special) as cluster:
        with pytest.raises(RequestError, match=r"tlsbench differs: 0\.0\.9 on m2; .* on m1: make them equal"):
            by_fleet(cluster)
        load, _ = by_fleet(cluster, allowed=frozenset({"versions"}))
    counted()
    assert any(line.startswith("tlsbench differs: 0.0.9 on m2") for line in load.differences)


def test_ctrl_c_ends_all_and_keeps_what_was_counted(site: Site, serve: Serve) -> None:
    counted = serve()
    words = ["fleet", "load", f"{site.address}:{SERVED}", "--scheduler", f"tcp://{site.address}:{SCHEDULER}"]
    words += ["--duration", "60s", "--warm-up", "0", "--allow", "shared-hosts", "--i-may-load-this-target"]
    with site.cluster((1, 3)):
        command = [sys.executable, "-m", "tlsbench", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        for line in process.stderr:
            if "loading" in line:
                break
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
        wait_until(lambda: not site.left(1) | site.left(3), "nothing is left of the load")
    counted()
    assert process.returncode == 130
    assert "by machine" in out
    assert "ended early by Ctrl-C" in out


def test_nothing_is_left_where_the_one_who_asked_is_killed(site: Site, serve: Serve) -> None:
    counted = serve()
    script = (
        "import sys\nfrom tests.integration import test_fleet as t\n"
        "from tlsbench.fleet.cluster import connected\n"
        f"with connected('tcp://{site.address}:{SCHEDULER}', None) as c:\n"
        "    t.by_fleet(c, t.replace(t.PLAN, duration_s=60.0), observe=lambda *_: print('on', flush=True))\n"
    )
    with site.cluster((1, 3)):
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        assert site.left(1)
        assert site.left(3)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        wait_until(lambda: not site.left(1) | site.left(3), "nothing is left of the load")
    counted()


def test_workers_are_started_by_ssh_with_certificates_and_nothing_is_left_of_them(
    site: Site, tmp_path: Path
) -> None:
    """With an ssh program that enters the namespace named like the host."""
    certificates, port = make(tmp_path / "certs", 1.0), SCHEDULER + 100
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nhost=$1\nshift\nexec ip netns exec "$host" "$@"\n')
    ssh.chmod(0o755)
    hosts = [site.machines.names[number] for number in (1, 3)]
    words = ["fleet", "start", "--hosts", ",".join(hosts), "--bind", site.address, "--port", str(port)]
    words += ["--ssh", str(ssh), "--python", sys.executable, "--certs", str(certificates.folder)]
    command = ["ip", "netns", "exec", site.machines.hub, sys.executable, "-m", "tlsbench", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("2 workers are up")
        with connected(f"tls://{site.address}:{port}", certificates) as cluster:
            assert [host.name for host in cluster.hosts(share_hosts=True)] == sorted(hosts)
            assert cluster.is_encrypted
            with pytest.raises(RequestError, match="no Dask scheduler answers there"):
                connected(f"tls://{site.address}:{port}", make(tmp_path / "other", 1.0)).__enter__()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    wait_until(lambda: not any(map(site.machines.pids, hosts)), "nothing is left on the hosts")


def test_what_was_reported_counts_where_the_scheduler_is_killed(site: Site, serve: Serve) -> None:
    counted = serve()

    def observe(second: float, _tally: LoadTally) -> None:
        assert site.scheduler is not None
        if second == 1.0:
            site.scheduler.kill()
            site.scheduler.wait()

    with site.cluster((1, 3)) as cluster:
        load, notes = by_fleet(cluster, replace(PLAN, duration_s=30.0), observe=observe)
        wait_until(lambda: not site.machines.pids(site.machines.names[0]), "the first machine is idle")
        wait_until(lambda: not site.machines.pids(site.machines.names[2]), "the other machine is idle")
    counted()
    gone = f"the scheduler at tcp://{site.address}:{SCHEDULER} is gone"
    assert [machine.lost for machine in load.machines] == [gone, gone]
    assert load.tally.begun > 0
    assert load.tally.open == 0
    assert f"m1 is lost: {gone}; what it had reported counts" in notes


def run_words(site: Site, folder: Path, *more: str) -> list[str]:
    """The command for a short run without cryptography on the machines of a site."""
    words = ["fleet", "run", "implementation=fake", "resumption=none", "--time-budget", "0.5s", *more]
    words += ["--scheduler", f"tcp://{site.address}:{SCHEDULER}", "--allow", "shared-hosts"]
    words += ["--folder", str(folder / "made" / "machines"), "--json", str(folder / "fleet.json")]
    return [sys.executable, "-m", "tlsbench", *words]


def test_each_machine_measures_the_matrix_and_its_result_is_stored_alone_and_with_the_others(
    site: Site, tmp_path: Path
) -> None:
    with site.cluster((1, 2)):
        done = subprocess.run(run_words(site, tmp_path), capture_output=True, text=True)
        wait_until(lambda: not site.left(1) | site.left(2), "nothing is left of the run")
    assert done.returncode == 0, done.stderr
    together = read_file(tmp_path / "fleet.json").result
    assert isinstance(together, Run)
    assert [cell.axes["machine"] for cell in together.cells] == ["m1", "m2"]
    assert [one.name for one in together.machines] == ["m1", "m2"]
    alone = {path.name: read_file(path).result for path in (tmp_path / "made" / "machines").iterdir()}
    assert alone.keys() == {"m1.json", "m2.json"}
    for name, cell in zip(sorted(alone), together.cells, strict=True):
        run = alone[name]
        assert isinstance(run, Run)
        assert [one.figures for one in run.cells] == [cell.figures]
    assert "machines, each compared with m1" in done.stdout


def test_a_machine_that_dies_in_a_run_is_named_and_the_others_are_stored(site: Site, tmp_path: Path) -> None:
    with site.cluster((1, 2)):
        words = run_words(site, tmp_path, "--time-budget", "4s")
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        begun = next(
            line for line in process.stderr if line.startswith("measuring ")
        )  # before that, they agree
        wait_until(lambda: site.left(1) and site.left(2), "both measure")
        site.end(2)
        _, said = process.communicate(timeout=2 * PATIENCE_SECONDS)
        wait_until(lambda: not site.left(1) | site.left(2), "nothing is left of the run")
    assert process.returncode == 3, begun + said
    assert "m2 was lost: its worker is gone" in said
    together = read_file(tmp_path / "fleet.json").result
    assert isinstance(together, Run)
    assert [(one.name, one.lost) for one in together.machines] == [("m1", ""), ("m2", "its worker is gone")]
    assert [path.name for path in (tmp_path / "made" / "machines").iterdir()] == ["m1.json"]
