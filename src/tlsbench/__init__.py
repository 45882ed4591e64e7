"""tlsbench: what a cipher, key, group, chain, resumption or TLS library costs, with proof.

The way of the data is the way of the folders: ``scenarios`` says what to measure, ``pki`` who the
peers are, ``implementations`` drives a TLS library without I/O, ``links`` moves the bytes,
``workloads`` turns one call into one verified sample, ``stats`` says what numbers mean,
``sampling`` how often to ask, ``results`` what is kept and ``report`` who reads it.
"""

from importlib.metadata import version as _version

__version__ = _version("tlsbench")
