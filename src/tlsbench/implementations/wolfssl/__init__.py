"""``wolfssl``: the system's wolfSSL, driven through cffi as a libssl with other names."""

from tlsbench.implementations.wolfssl.library import WolfSsl

__all__ = ["WolfSsl"]
