"""Names that people use for a library which is measured under another name here.

An implementation of that very name, of another distribution's for example, comes before them.
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
