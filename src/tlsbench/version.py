"""The version of tlsbench: the build reads it here, and so does whatever stores it with a result."""

#: To ask the installed package's metadata for it would cost every start some 30 ms.
__version__ = "0.1.0"
