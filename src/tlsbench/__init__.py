"""tlsbench: what a cipher, key, group, chain, resumption or TLS library costs, with proof.

The way of the data is the way of the folders: ``scenarios`` says what to measure, ``pki`` who the
peers are, ``implementations`` drives a TLS library without I/O, ``links`` moves the bytes,
``workloads`` turns one call into one verified sample, ``stats`` says what numbers mean,
``sampling`` how often to ask, ``results`` what is kept and ``report`` who reads it.
"""

#: Read by the build too: to ask the installed package's metadata for it would cost every start some 30 ms.
__version__ = "0.1.0"
