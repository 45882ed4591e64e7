"""Loads of an nginx with one worker and with several: how many worked, and the picture of it."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import find

from tlsbench import pki
from tlsbench.cli.app import run as tlsbench
from tlsbench.pki.keys import to_pem
from tlsbench.report.page import page_of, read_source
from tlsbench.report.pictures.shapes import Lines

pytestmark = [pytest.mark.integration, pytest.mark.slow]
PEERS = pki.peers("ecdsa-secp256r1", 1)
_CONFIGURATION = """
daemon off; worker_processes {workers}; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl reuseport;
    ssl_certificate {folder}/chain.pem; ssl_certificate_key {folder}/key.pem;
    location / {{ return 200 "hello\\n"; }}
  }}
}}
"""


@contextlib.contextmanager
def nginx(folder: Path, port: int, workers: int) -> Iterator[None]:
    """An nginx with that many worker processes, each with its own listening socket."""
    (folder / "nginx.conf").write_text(
        _CONFIGURATION.format(folder=folder, port=port, workers=workers), encoding="ascii"
    )
    command = [find("nginx"), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


def test_a_page_of_loads_draws_connections_by_the_workers_of_nginx(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    tmp_path.chmod(0o755)
    (tmp_path / "chain.pem").write_bytes(PEERS.server.chain_pem)
    (tmp_path / "key.pem").write_bytes(to_pem(PEERS.server.private_key))
    results = []
    for workers in (1, 4):
        result = tmp_path / f"workers-{workers}.json"
        load = f"load 127.0.0.1:{port} --connections 16 --duration 3s --quiet --json"
        words = [*load.split(), str(result)]
        with nginx(tmp_path, port, workers):
            # A separate process loads it: child processes of this one would be taken for the load itself.
            subprocess.run([sys.executable, "-m", "tlsbench", *words], check=True, capture_output=True)
        results.append(result)
    counted = [json.loads(one.read_text())["tlsbench"]["load"]["server"]["threads"] for one in results]
    assert counted[0] == 1, "its master waits, and is not counted"
    assert 2 <= counted[1] <= 4, "the kernel may leave a worker with few connections"
    pictures = {
        picture.kind: picture for picture in page_of([read_source(str(one)) for one in results]).pictures
    }
    shape = pictures["serving"].shape
    assert isinstance(shape, Lines)
    (line,) = shape.lines
    assert line.name == "nginx"
    assert [int(threads) for threads in line.x] == counted
    assert all(rate > 0 for rate in line.y)
    drawn = tmp_path / "threads.svg"
    assert tlsbench(["plot", *map(str, results), "--kind", "serving", "-o", str(drawn)]) == 0
    assert "Connections by threads of the server" in drawn.read_text(encoding="utf-8")
