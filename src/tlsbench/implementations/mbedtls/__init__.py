"""``mbedtls``: Mbed TLS, by the package python-mbedtls."""

from tlsbench.implementations.mbedtls.library import MbedTls

__all__ = ["MbedTls"]
