"""Libraries shaped like Python's ssl module: one adapter, and a file of differences for each."""

from tlsbench.implementations.ssl_shaped.adapter import SslShaped

__all__ = ["SslShaped"]
