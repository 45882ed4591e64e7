"""Keeps a configuration that is for one OpenSSL from the one inside the cryptography package.

Every OpenSSL of a process reads ``OPENSSL_CONF`` when it is set up. The cryptography package makes keys and
certificates, and what configures the OpenSSL that is measured, such as a FIPS module, may leave it without
any algorithm. So where a process is started for such a configuration that package is set up without it, and
before all else; the system's OpenSSL, which Python's hashlib brings, has read it by then.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import Final

#: Set for a process whose ``OPENSSL_CONF`` is for the OpenSSL that is measured alone.
SHIELDED: Final = "TLSBENCH_SHIELDED"
_VARIABLE: Final = "OPENSSL_CONF"


def shield() -> None:
    """Set up the cryptography package without the configuration of the environment."""
    with suppress(ValueError):  # a configuration may leave the system's OpenSSL without any algorithm, too
        hashlib.new("sha256")
    path = os.environ.pop(_VARIABLE, None)
    from cryptography.hazmat.bindings import _rust

    del _rust
    if path is not None:
        os.environ[_VARIABLE] = path
