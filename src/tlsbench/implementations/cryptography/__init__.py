"""``cryptography``: single operations of the cryptography package, without TLS."""

from tlsbench.implementations.cryptography.primitives import Cryptography

__all__ = ["Cryptography"]
