"""Captures of serve, load and certs serve in tshark: decrypted without a key, message for message."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.test_trace import CHECKS, FAULTS, handshake_messages, without_warnings
from tests.tracing.captures import read_capture

from tlsbench import pki
from tlsbench.errors import RequestError
from tlsbench.links import Direction
from tlsbench.loading import LoadPlan, Target, run_load
from tlsbench.loading.tally import SUCCESS
from tlsbench.loopback import Server, ServerSetup
from tlsbench.pki.keys import to_pem
from tlsbench.serving import ServerPlan, Serving
from tlsbench.session.serve import served_groups, served_scenario
from tlsbench.tracing.live import LiveCapture
from tlsbench.tracing.tapping import Taps

pytestmark = [pytest.mark.integration, pytest.mark.slow]
Ask = Callable[..., Any]
#: Long enough for the captured handshakes, whatever the library.
LOAD = {"connections": 1, "duration_s": 0.8, "warm_up_s": 0.0, "requests": 1, "captured": 3}
SUMS = ("tcp.checksum.status", "ip.checksum.status")
#: Kinds of handshakes: the server, and what its clients do.
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "full": ("", {}),
    "resumed": ("", {"resume": 1.0}),
    "client certificates": ("client_auth=required", {"cert": "client.pem"}),
    "HelloRetryRequest": ("group=secp521r1", {}),
    "early data": ("", {"resume": 1.0, "early_data": True}),
}


def servers(library: str) -> Iterator[tuple[str, str]]:
    """Every possible server of a library, with what its clients do; none without the library."""
    for version, (way, (selector, _)) in itertools.product(("1.2", "1.3"), WAYS.items()):
        words = f"implementation={library} version={version} key=ecdsa-secp256r1 {selector}".strip()
        is_of_1_3 = way in ("HelloRetryRequest", "early data")
        with contextlib.suppress(RequestError):
            served_scenario([words], early_data=way == "early data")
            if version == "1.3" or not is_of_1_3:
                yield words, way


SERVERS = {library: list(servers(library)) for library in ("pyopenssl", "ssl", "libssl", "utls", "rtls")}


def test_every_library_with_secrets_is_before_tshark_in_every_way_that_it_has() -> None:
    """What is not captured here is excluded by the matrix, with its reason."""
    counts = {library: len(found) for library, found in SERVERS.items()}
    assert counts["pyopenssl"] == counts["libssl"] == 2 * len(WAYS) - 2
    assert counts["ssl"] == 2 * len(WAYS) - 3  # it has no early data
    assert counts["utls"] in (5, 0)  # nor client certificates
    assert counts["rtls"] in (4, 0)  # nor secp521r1


@pytest.mark.parametrize(("words", "way"), [one for found in SERVERS.values() for one in found])
def test_tshark_sees_what_both_ends_of_every_library_captured(
    words: str, way: str, ask: Ask, tmp_path: Path
) -> None:
    change = WAYS[way][1]
    scenario = served_scenario([words], early_data=way == "early data")
    peers = pki.peers_for(scenario)
    if "cert" in change:
        (tmp_path / "client.pem").write_bytes(to_pem(peers.client.private_key) + peers.client.chain_pem)
        change = change | {"cert": str(tmp_path / "client.pem")}
    groups = served_groups([words], scenario)
    plan = ServerPlan(scenario=scenario.id, peers=peers.to_pem(), captured=3, groups=groups)
    theirs, ours = tmp_path / "server.pcapng", tmp_path / "client.pcapng"
    with (
        LiveCapture(theirs, 3, "") as of_server,
        LiveCapture(ours, 3, "") as of_client,
        Serving(plan, of_server) as server,
    ):
        load = LoadPlan(target=Target(*server.address), version=scenario.version, **LOAD, **change)
        made = run_load(load, capture=of_client)
    assert set(made.tally.outcomes) == {SUCCESS}
    for names in (assert_tshark_agrees(path, ask) for path in (theirs, ours)):
        assert ("HelloRetryRequest" in names) == (way == "HelloRetryRequest")
        assert ("CertificateRequest" in names) == (way == "client certificates")
        assert ("EarlyData" in names) == (way == "early data")
    retries = made.tally.handshakes if way == "HelloRetryRequest" else 0
    assert made.tally.hello_retry_requests == retries


def test_tshark_sees_what_certs_serve_captured(ask: Ask, tmp_path: Path) -> None:
    peers, path = pki.peers("ecdsa-secp256r1", 1), tmp_path / "x.pcapng"
    (tmp_path / "root.pem").write_bytes(peers.root.certificate_pem)
    with LiveCapture(path, 3, "") as live:
        taps = Taps(3, Direction.TO_CLIENT, lambda tapped: live.take(0, tapped))
        with Server(ServerSetup(identity=peers.server, tapped=True), tap=taps.begin) as server:
            for version in ("--tlsv1.2", "--tlsv1.3", "--tlsv1.3"):
                url = f"https://localhost:{server.address[1]}/"
                least = (version, "--tls-max", version[-3:])
                answer = ask("curl", "-s", "--cacert", tmp_path / "root.pem", *least, url)
                assert "This is TLS." in answer.text
    assert "Finished" in assert_tshark_agrees(path, ask)
    seen = ask("tshark", "-r", path, "-Y", "http.response", "-T", "fields", "-e", "http.response.code")
    assert without_warnings(seen.text).split() == ["200"] * 3


def test_a_pcap_of_a_load_is_decrypted_with_the_key_log_beside_it(ask: Ask, tmp_path: Path) -> None:
    peers, path = pki.peers("ecdsa-secp256r1", 1), tmp_path / "x.pcap"
    with LiveCapture(path, 2, "") as live, Server(ServerSetup(identity=peers.server)) as server:
        run_load(LoadPlan(target=Target(*server.address), **LOAD), capture=live)
    finished = ("-r", path, "-Y", "tls.handshake.type == 20", "-T", "fields", "-e", "tcp.stream")
    assert without_warnings(ask("tshark", *finished).text) == ""
    with_keys = ask("tshark", "-o", f"tls.keylog_file:{path.with_suffix('.keylog')}", *finished)
    assert sorted(without_warnings(with_keys.text).split()) == ["0", "0", "1", "1"]


def test_tshark_reads_a_capture_that_a_killed_load_left(ask: Ask, tmp_path: Path) -> None:
    """However it ends, the file is complete after each piece."""
    import signal
    import sys
    import time

    path, peers = tmp_path / "x.pcapng", pki.peers("ecdsa-secp256r1", 1)
    with Server(ServerSetup(identity=peers.server)) as server:
        target = f"127.0.0.1:{server.address[1]}"
        command = [sys.executable, "-m", "tlsbench", "load", target, "-q", "--pcap", str(path)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            until_s = time.monotonic() + 30
            while time.monotonic() < until_s and not (path.exists() and path.stat().st_size > 10_000):
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
    assert "Finished" in assert_tshark_agrees(path, ask)


def assert_tshark_agrees(path: Path, ask: Ask) -> list[str]:
    """For every connection, tshark sees the messages of the ladder, and no fault; return their names."""
    capture, names = read_capture(path), []
    assert capture.pieces
    fields = ("tcp.stream", "tcp.analysis.flags", *SUMS, "tls.handshake.type", "tls.handshake.length")
    asked = [word for field in fields for word in ("-e", field)]
    seen = ask("tshark", *CHECKS, "-r", path, "-Y", f"tls.handshake || {FAULTS}", "-T", "fields", *asked)
    assert seen.code == 0, seen.text
    lines = [line.split("\t") for line in without_warnings(seen.text).splitlines()]
    assert {tuple(line[1:4]) for line in lines} == {("", "1", "1")}  # no flag, and both checksums are right
    assert all(line[4] for line in lines), "some frame is there for a fault alone"
    for stream, ladder in enumerate(capture.ladders()):
        assert ladder.opened
        mine = ["\t".join(line[4:]) for line in lines if line[0] == str(stream)]
        shown = [(one.kind, one.wire_bytes - 4) for one in ladder.messages if one.kind is not None]
        assert handshake_messages("\n".join(mine)) == shown
        names += [message.name for message in ladder.messages]
    return names
