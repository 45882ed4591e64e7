"""Common names of libraries that are measured under another name here.

An implementation with exactly such a name, from another distribution for example, takes precedence.
"""

from __future__ import annotations

from typing import Final

IMPLEMENTATION_ALIASES: Final = {
    "boringssl": "utls",
    "rustls": "rtls",
    "openssl": "libssl",
    "stdlib": "ssl",
    "mbed-tls": "mbedtls",
    "python-mbedtls": "mbedtls",
    "tlslite-ng": "tlslite",
    "s2n-tls": "s2n",
}
