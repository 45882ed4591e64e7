"""Shield the cryptography package's OpenSSL from a configuration meant for another.

Every OpenSSL in a process reads ``OPENSSL_CONF`` when it is initialised. The cryptography package makes keys
and certificates, and a configuration for the OpenSSL being measured, such as one for a FIPS module, may leave
it without any algorithm. Therefore, in a process started with such a configuration, the package is
initialised without it before anything else; the system's OpenSSL, which Python's hashlib uses, has read it by
then.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import Final

#: Set for a process whose ``OPENSSL_CONF`` is only for the OpenSSL being measured.
SHIELDED: Final = "TLSBENCH_SHIELDED"
_VARIABLE: Final = "OPENSSL_CONF"


def shield() -> None:
    """Initialise the cryptography package without the configuration in the environment."""
    with suppress(ValueError):  # a configuration may leave the system's OpenSSL without any algorithm, too
        hashlib.new("sha256")
    path = os.environ.pop(_VARIABLE, None)
    from cryptography.hazmat.bindings import _rust

    del _rust
    if path is not None:
        os.environ[_VARIABLE] = path
