"""Real peers from Debian: a test is skipped if one is missing; in CI, it fails."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

#: The package in Debian that has each program.
PACKAGES = {
    "openssl": "openssl",
    "curl": "curl",
    "gnutls-cli": "gnutls-bin",
    "gnutls-serv": "gnutls-bin",
    "certtool": "gnutls-bin",
    "certutil": "libnss3-tools",
    "tstclnt": "libnss3-tools",
    "crlutil": "libnss3-tools",
    "pk12util": "libnss3-tools",
    "nginx": "nginx",
    "haproxy": "haproxy",
    "h2load": "nghttp2-client",
    "wrk": "wrk",
    "apache2": "apache2-bin",
    "tshark": "tshark",
    "caddy": "caddy",
    "chromium": "chromium",
    "kdig": "knot-dnsutils",
    "setpriv": "util-linux",
}
_SYSTEM_PROGRAMS = "/usr/sbin:/sbin"


@dataclass(frozen=True)
class Answer:
    """How a program ended, and all of its output."""

    code: int
    text: str


def find(program: str) -> str:
    path = shutil.which(program, path=f"{os.environ['PATH']}:{_SYSTEM_PROGRAMS}")
    if path is None:
        remedy = f"{program} is missing: apt-get install {PACKAGES[program]}"
        assert not os.environ.get("CI"), remedy
        pytest.skip(remedy)
    return path


@pytest.fixture
def ask() -> Callable[..., Answer]:
    """Run a program to its end, with a time limit and empty input."""

    def run(program: str, *arguments: object, text: str = "", cwd: Path | None = None) -> Answer:
        done = subprocess.run(
            [find(program), *map(str, arguments)],
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            cwd=cwd,
        )
        return Answer(done.returncode, done.stdout + done.stderr)

    return run


@pytest.fixture(scope="module")
def boringssl() -> str:
    found = next(Path("/usr/lib").glob("*/android/libssl.so.0"), None)
    if found is None:
        remedy = "Debian's BoringSSL is missing: apt-get install android-libboringssl"
        assert not os.environ.get("CI"), remedy
        pytest.skip(remedy)
    return f"libssl:{found}"
