"""``libmbedtls``: the system's Mbed TLS, driven through cffi."""

from tlsbench.implementations.libmbedtls.library import LibMbedTls

__all__ = ["LibMbedTls"]
