"""Captures before tshark: it decrypts them without being given a key, and sees what the ladder shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlsbench import files
from tlsbench.implementations.registry import tls_libraries
from tlsbench.session.trace import Trace, captures, trace, traced_scenario
from tlsbench.tracing.capture import key_log_beside

pytestmark = [pytest.mark.integration, pytest.mark.slow]
KEY = "key=ecdsa-secp256r1"
#: What tshark calls a problem of TCP or IP that the made-up headers must not have.
FAULTS = "tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed"
CHECKS = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")

CASES = [
    *(
        f"implementation={library} version={version}"
        for library in ("pyopenssl", "ssl", "libssl", "utls", "rtls")
        for version in ("1.2", "1.3")
    ),
    *(
        f"implementation={library} version={rest}"
        for library in ("pyopenssl", "ssl", "libssl")
        for rest in (
            "1.2 resumption=ticket",
            "1.2 resumption=session-id",
            "1.2 client_auth=required",
            "1.3 resumption=psk",
            "1.3 client_auth=required chain_length=2",
        )
    ),
    "implementation=utls version=1.2 resumption=ticket",
    "implementation=pyopenssl version=1.3 resumption=early-data",
    "implementation=libssl version=1.3 resumption=early-data",
    "implementation=pyopenssl version=1.2 cipher=*CHACHA20*",
    "implementation=pyopenssl version=1.2 cipher=*CCM",
    "implementation=pyopenssl version=1.2 cipher=*AES_128_CBC*",
    "implementation=pyopenssl version=1.3 cipher=chacha20 chain_length=5",
]
RETRIES = [
    f"implementation={library} version=1.3 group=secp256r1 hello_retry=yes"
    for library in ("pyopenssl", "ssl", "libssl", "utls")
]


@pytest.fixture
def made(request: pytest.FixtureRequest) -> Trace:
    selector = request.param
    library = selector.split()[0].partition("=")[2]
    if library not in tls_libraries():
        pytest.skip(f"{library} is not installed")
    return trace(traced_scenario([f"{KEY} {selector}"]))


def handshake_messages(seen: str) -> list[tuple[int, int]]:
    """The types and lengths of tshark's lines, each with the types and the lengths of a frame."""
    found = []
    for line in seen.splitlines():
        types, lengths = line.split("\t")
        found += zip(
            map(int, filter(None, types.split(","))), map(int, filter(None, lengths.split(","))), strict=True
        )
    return found


@pytest.mark.parametrize("made", [*CASES, *RETRIES], indirect=True)
def test_tshark_decrypts_a_capture_and_sees_the_messages_of_the_ladder(
    made: Trace, ask: Callable[..., Any], tmp_path: Path
) -> None:
    assert_tshark_agrees(made, ask, tmp_path)


@pytest.mark.parametrize("way", ["version=1.2", "version=1.3", "version=1.3 resumption=psk"])
def test_tshark_decrypts_a_capture_of_a_libssl_by_its_path(
    way: str, boringssl: str, ask: Callable[..., Any], tmp_path: Path
) -> None:
    made = trace(traced_scenario([f"{KEY} implementation={boringssl} {way}"]))
    assert made.keys_from == boringssl
    assert_tshark_agrees(made, ask, tmp_path)


def assert_tshark_agrees(made: Trace, ask: Callable[..., Any], tmp_path: Path) -> None:
    """It decrypts the capture, sees the handshake messages of the ladder, and no fault of TCP or IP."""
    path = tmp_path / "trace.pcapng"
    ((_, data),) = captures(made, path).items()
    files.write(path, data, files.SECRET_MODE)
    fields = ("-T", "fields", "-e", "tls.handshake.type", "-e", "tls.handshake.length")
    seen = ask("tshark", "-r", path, "-Y", "tls.handshake", *fields, "-l")
    assert seen.code == 0, seen.text
    shown = [
        (message.kind, message.wire_bytes - 4) for message in made.ladder.messages if message.kind is not None
    ]
    assert handshake_messages(without_warnings(seen.text)) == shown
    assert without_warnings(ask("tshark", *CHECKS, "-r", path, "-Y", FAULTS).text) == ""


def test_the_early_data_of_a_capture_is_read(ask: Callable[..., Any], tmp_path: Path) -> None:
    made = trace(traced_scenario([f"{KEY} implementation=pyopenssl version=1.3 resumption=early-data"]))
    path = tmp_path / "early.pcapng"
    files.write(path, captures(made, path)[path])
    seen = ask("tshark", "-r", path, "-q", "-z", "follow,tls,raw,0")
    stream = "".join(re.findall(r"^[0-9a-f]+$", seen.text, re.MULTILINE))
    assert len(bytes.fromhex(stream)) == 512


def test_a_pcap_is_decrypted_with_the_key_log_beside_it_and_not_without(
    ask: Callable[..., Any], tmp_path: Path
) -> None:
    made = trace(traced_scenario([f"{KEY} implementation=pyopenssl version=1.3"]))
    path = tmp_path / "trace.pcap"
    for one, data in captures(made, path).items():
        files.write(one, data, files.SECRET_MODE)
    finished = ("-r", path, "-Y", "tls.handshake.type == 20", "-T", "fields", "-e", "frame.number")
    assert without_warnings(ask("tshark", *finished).text) == ""
    with_keys = ask("tshark", "-o", f"tls.keylog_file:{key_log_beside(path)}", *finished)
    assert len(without_warnings(with_keys.text).split()) == 2


def without_warnings(text: str) -> str:
    """What tshark says, but for that it should not be root."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("Running as user"))
