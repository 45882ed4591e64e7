"""Tests for pytest of what every TLS library must do behind the contract, for third parties too.

In a test file::

    from tlsbench.conformance import Conformance

    class TestMine(Conformance):
        @pytest.fixture
        def library(self):
            return MyLibrary()

A library that is registered by an entry point of the group ``tlsbench.implementations`` is
``tlsbench.implementations.registry.tls_library("mine")``.

Whatever the library's capabilities exclude is skipped with the reason that they give; everything else must
work. tlsbench's own implementations are held to the same tests.
"""

from tlsbench.conformance.streams import Conformance

__all__ = ["Conformance"]
