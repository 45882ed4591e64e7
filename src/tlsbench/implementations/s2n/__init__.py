"""``s2n``: s2n-tls with AWS-LC, from the package awscrt, driven through cffi."""

from tlsbench.implementations.s2n.library import S2n

__all__ = ["S2n"]
