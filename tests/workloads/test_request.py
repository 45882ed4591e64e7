"""``workload=request``: HTTP/2 over TLS and HTTP/3 over QUIC, with the same samples."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from tlsbench.errors import HandshakeError, MeasurementError, ProofError
from tlsbench.implementations import DatagramImplementation
from tlsbench.implementations.registry import capabilities, implementations, spellings
from tlsbench.scenarios import expand, parse
from tlsbench.workloads import Workload
from tlsbench.workloads.http2 import Http2ClientEnd, Http2ServerEnd

WorkloadOf = Callable[[str], Workload]
QUIC = [name for name in ("aioquic", "qh3") if isinstance(implementations()[name], DatagramImplementation)]
pytest.importorskip("h2")


@pytest.mark.parametrize("library", ["pyopenssl", "ssl", "libssl"])
@pytest.mark.parametrize("size", ["1B", "16KiB", "1MiB"])
def test_requests_over_tls_are_http_2_and_their_answers_have_every_byte(
    library: str, size: str, workload_of: WorkloadOf
) -> None:
    workload = workload_of(f"workload=request implementation={library} version=1.3 size={size}")
    for _ in range(4):
        sample = workload.sample()  # it compares path and body
    assert sample.client > 0
    assert sample.server > 0
    assert sample.ledger.server_bytes > workload.scenario.size
    # HPACK sends the headers as indexes from the second request on.
    assert sample.ledger.client_bytes < 200


@pytest.mark.parametrize("library", QUIC)
@pytest.mark.parametrize("size", ["1B", "16KiB", "1MiB"])
def test_requests_over_quic_are_http_3_and_their_answers_have_every_byte(
    library: str, size: str, workload_of: WorkloadOf
) -> None:
    workload = workload_of(f"workload=request implementation={library} transport=quic size={size}")
    for _ in range(200 if size == "1B" else 4):  # more than the streams that a peer initially allows
        sample = workload.sample()
    assert sample.client > 0
    assert sample.server > 0
    assert sample.ledger.server_bytes > workload.scenario.size


answer = Http2ServerEnd.write


def test_a_body_that_is_not_the_one_that_was_sent_is_no_sample(
    workload_of: WorkloadOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Http2ServerEnd, "write", lambda self, data: answer(self, bytes(len(data))))
    with pytest.raises(ProofError, match="response"):
        workload_of("workload=request implementation=pyopenssl version=1.3 size=1KiB").sample()


def test_http_is_not_spoken_over_dtls() -> None:
    matrix = expand([parse(["workload=request transport=dtls"], spellings())], capabilities())
    assert "HTTP/2" in matrix.excluded[0].reason


def test_without_h2_it_is_said_how_to_install_it(
    workload_of: WorkloadOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h2.config", None)
    with pytest.raises(MeasurementError, match="pip install h2"):
        workload_of("workload=request implementation=pyopenssl version=1.3").sample()


class Pipe:
    """An end without TLS: what is written is what is read."""

    def __init__(self, heard: bytes = b"") -> None:
        self.heard = heard
        self.said = b""

    def write(self, data: bytes) -> None:
        self.said += data

    def read(self) -> bytes:
        heard, self.heard = self.heard, b""
        return heard


def test_what_is_no_http_is_an_error_of_the_connection() -> None:
    server = Http2ServerEnd(Pipe(b"GET / HTTP/1.1\r\n\r\n"))  # type: ignore[arg-type]  # what is used of an end
    with pytest.raises(HandshakeError, match="h2"):
        server.read()


def test_an_answer_other_than_200_is_an_error() -> None:
    up, down = Pipe(), Pipe()
    client, server = Http2ClientEnd(up), Http2ServerEnd(down)  # type: ignore[arg-type]
    client.write(b"/")
    down.heard = up.said
    assert server.read() == b"/"
    server._http.send_headers(1, [(b":status", b"404")], end_stream=True)
    server._flush()
    up.heard = down.said
    with pytest.raises(HandshakeError, match="not 200"):
        client.read()
