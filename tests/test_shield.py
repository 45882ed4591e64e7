"""A configuration for the OpenSSL being measured does not affect the one that makes the keys."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tlsbench.shield import SHIELDED

#: It leaves every OpenSSL without its own FIPS module without any algorithm.
ONLY_FIPS = "openssl_conf = i\n[i]\nalg_section = a\n[a]\ndefault_properties = fips=yes\n"
MAKES_A_KEY = """
import tlsbench, os, sys
from cryptography.hazmat.primitives.asymmetric import ec
print(os.environ["OPENSSL_CONF"])
try:
    ec.generate_private_key(ec.SECP256R1())
except Exception:
    sys.exit("no key")
"""


def made(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    configuration = folder / "fips.cnf"
    configuration.write_text(ONLY_FIPS)
    return subprocess.run(
        [sys.executable, "-c", MAKES_A_KEY],
        env={**os.environ, "OPENSSL_CONF": str(configuration), **environment},
        capture_output=True,
        text=True,
    )


def test_keys_are_made_in_a_shielded_process_and_the_configuration_is_there_for_the_others(
    tmp_path: Path,
) -> None:
    if made(tmp_path).returncode == 0:
        pytest.skip("this cryptography package reads no configuration")
    done = made(tmp_path, **{SHIELDED: "1"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "fips.cnf")
