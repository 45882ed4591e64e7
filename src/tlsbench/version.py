"""The version of tlsbench, which the build reads, and which is stored with results."""

#: Reading it from the metadata of the installed package would cost every start about 30 ms.
__version__ = "0.1.0"
