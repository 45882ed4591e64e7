"""``mbedtls``: Mbed TLS, through the package python-mbedtls."""

from tlsbench.implementations.mbedtls.library import MbedTls

__all__ = ["MbedTls"]
