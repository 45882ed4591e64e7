"""Captures in tshark: it decrypts them without being given a key, and sees what the ladder shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlsbench import files
from tlsbench.errors import RequestError
from tlsbench.implementations.registry import tls_libraries
from tlsbench.session.selecting import matrix_of
from tlsbench.session.trace import Trace, captures, trace, traced_scenario
from tlsbench.tracing.capture import key_log_beside

pytestmark = [pytest.mark.integration, pytest.mark.slow]
KEY = "key=ecdsa-secp256r1"
#: What tshark considers a TCP or IP problem, which the made-up headers must not have.
FAULTS = "tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed"
CHECKS = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")

#: Every library that exports secrets; for those that do not, the other end does.
ENDS = (
    *(f"implementation={name}" for name in ("pyopenssl", "ssl", "libssl", "utls", "rtls")),
    *("client=pyopenssl server=tlslite", "client=tlslite server=pyopenssl"),
    *("client=pyopenssl server=mbedtls", "client=mbedtls server=libssl"),
)
SHAPES = {
    "1.2": ("resumption=none,session-id,ticket", "client_auth=none,required"),
    "1.3": ("resumption=none,psk,early-data", "client_auth=none,required"),
}


def cases(ends: str) -> list[str]:
    """Every kind of handshake that these ends have: version, resumption, client certificates."""
    shapes = []
    for version, axes in SHAPES.items():
        try:
            found = matrix_of([f"{KEY} {ends} version={version}", *axes])
        except RequestError:  # a library that is not installed
            continue
        for one in found.scenarios:
            own = f"resumption={one.resumption} client_auth={one.client_auth}"
            shapes.append(f"{ends} version={version} {own}")
    return shapes


CASES_OF = {ends: cases(ends) for ends in ENDS}
#: Other choices that affect what is on the wire.
OTHERS = [
    "implementation=pyopenssl version=1.2 cipher=TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "implementation=pyopenssl version=1.2 cipher=TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
    "implementation=pyopenssl version=1.2 cipher=TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "implementation=pyopenssl version=1.3 cipher=chacha20 chain_length=5",
]
RETRIES = [
    f"implementation={library} version=1.3 group=secp256r1 hello_retry=yes"
    for library in ("pyopenssl", "ssl", "libssl", "utls")
]


def test_every_library_with_secrets_is_before_tshark_in_every_shape_that_it_has() -> None:
    """What is not traced here is excluded by the matrix, with its reason."""
    counts = {ends.rpartition("=")[2]: len(found) for ends, found in list(CASES_OF.items())[:5]}
    assert counts["pyopenssl"] == counts["libssl"] == 12
    assert counts["ssl"] == 10  # it has no early data
    assert counts["utls"] in (3, 0)  # nor client certificates, nor does it resume TLS 1.3
    assert counts["rtls"] in (2, 0)  # nor does it resume


@pytest.fixture
def made(request: pytest.FixtureRequest) -> Trace:
    selector = request.param
    if selector in RETRIES and (library := selector.split()[0].partition("=")[2]) not in tls_libraries():
        pytest.skip(f"{library} is not installed")
    return trace(traced_scenario([f"{KEY} {selector}"]))


def handshake_messages(seen: str) -> list[tuple[int, int]]:
    """The types and lengths in tshark's lines, each with the types and the lengths of a frame."""
    found = []
    for line in seen.splitlines():
        types, lengths = line.split("\t")
        found += zip(
            map(int, filter(None, types.split(","))), map(int, filter(None, lengths.split(","))), strict=True
        )
    return found


EVERY = [one for found in CASES_OF.values() for one in found]


@pytest.mark.parametrize("made", [*EVERY, *OTHERS, *RETRIES], indirect=True)
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
    """It decrypts the capture, and sees the handshake messages of the ladder, and no TCP or IP fault."""
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


@pytest.mark.parametrize(
    "ends", ["implementation=libssl", "implementation=pyopenssl", "implementation=libmbedtls"]
)
@pytest.mark.parametrize(
    "way",
    [
        "",
        "mtu=548 address_check=yes",
        "resumption=ticket",
        "client_auth=required cipher=TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    ],
)
def test_tshark_decrypts_a_capture_of_dtls(
    ends: str, way: str, ask: Callable[..., Any], tmp_path: Path
) -> None:
    made = trace(traced_scenario([f"{KEY} transport=dtls {ends} {way}"]))
    path = tmp_path / "trace.pcapng"
    ((_, data),) = captures(made, path).items()
    files.write(path, data, files.SECRET_MODE)
    fields = ("-T", "fields", "-e", "dtls.handshake.type", "-e", "dtls.handshake.length")
    seen = handshake_messages(
        without_warnings(ask("tshark", "-r", path, "-Y", "dtls.handshake", *fields).text)
    )
    shown = [
        (message.kind, message.wire_bytes - 12 * len(message.records))
        for message in made.ladder.messages
        for _fragment in message.records
        if message.kind is not None
    ]
    assert seen == shown
    checks = ("-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
    faults = "udp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed"
    assert without_warnings(ask("tshark", *checks, "-r", path, "-Y", faults).text) == ""


@pytest.mark.parametrize("name", ["openssl", "aioquic", "qh3"])
@pytest.mark.parametrize(
    "way",
    [
        KEY,
        f"{KEY} resumption=psk",
        f"{KEY} address_check=yes",
        f"{KEY} group=secp256r1 hello_retry=yes",
        f"{KEY} cipher=chacha20 client_auth=required chain_length=3",
        "key=ml-dsa-65 chain_length=2 group=X25519MLKEM768",
    ],
)
def test_tshark_decrypts_a_capture_of_quic(
    name: str, way: str, openssl_35: str, ask: Callable[..., Any], tmp_path: Path
) -> None:
    if name != "openssl" and ("ml-dsa" in way or "hello_retry" in way or "client_auth" in way):
        pytest.skip(f"{name} has none of that, and says so")
    ends = openssl_35 if name == "openssl" else name
    made = trace(traced_scenario([f"{way} transport=quic implementation={ends}"]))
    path = tmp_path / "trace.pcapng"
    ((_, data),) = captures(made, path).items()
    files.write(path, data, files.SECRET_MODE)
    fields = ("-T", "fields", "-e", "tls.handshake.type", "-e", "tls.handshake.length")
    seen = handshake_messages(
        without_warnings(ask("tshark", "-r", path, "-Y", "tls.handshake", *fields).text)
    )
    shown = [(one.kind, one.wire_bytes - 4) for one in made.ladder.messages if one.kind is not None]
    if name != "openssl" and "address_check" in way:
        # They start over after a Retry, with another random, by which tshark finds no secrets.
        assert [kind for kind, _ in shown][:3] == [1, 1, 2]
        assert seen == [shown[0], shown[2]]
        return
    assert seen == shown
    kinds = ask("tshark", "-r", path, "-T", "fields", "-e", "quic.long.packet_type", "-e", "quic.short").text
    long = [int(one) for line in without_warnings(kinds).splitlines() for one in numbers(line.split("\t")[0])]
    names = ("Initial", "0-RTT", "Handshake", "Retry")
    records = [line.content_type for flight in made.ladder.flights for line in flight.records]
    assert [names[one] for one in long] == [one for one in records if one != "1-RTT"]
    checks = ("-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
    faults = "udp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed || quic.decryption_failed"
    assert without_warnings(ask("tshark", *checks, "-r", path, "-Y", faults).text) == ""


def numbers(text: str) -> list[str]:
    return [one for one in text.split(",") if one]


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
    """The output of tshark, without the warning about running as root."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("Running as user"))
