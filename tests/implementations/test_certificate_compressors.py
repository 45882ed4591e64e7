from __future__ import annotations

import tracemalloc
from importlib import util

import pytest
from hypothesis import given, strategies

from tlsbench.implementations import certificate_compressors as compressors

MESSAGE = b"Certificate" * 100


@pytest.mark.parametrize("algorithm", compressors.algorithms())
@given(message=strategies.binary(min_size=1, max_size=2000))
def test_what_is_compressed_comes_back(algorithm: str, message: bytes) -> None:
    found = compressors.compressor(algorithm)
    assert found.decompress(found.compress(message), len(message)) == message


@pytest.mark.parametrize("algorithm", compressors.algorithms())
@pytest.mark.parametrize("length", [len(MESSAGE) - 1, len(MESSAGE) + 1, 1])
def test_another_length_than_was_said_is_refused(algorithm: str, length: int) -> None:
    found = compressors.compressor(algorithm)
    with pytest.raises(Exception, match=r"."):
        found.decompress(found.compress(MESSAGE), length)


@pytest.mark.parametrize("algorithm", compressors.algorithms())
def test_what_is_no_compressed_message_is_refused(algorithm: str) -> None:
    with pytest.raises(Exception, match=r"."):
        compressors.compressor(algorithm).decompress(b"\xff" * 64, len(MESSAGE))


@pytest.mark.parametrize("algorithm", compressors.algorithms())
@pytest.mark.slow
def test_a_bomb_does_not_unfold(algorithm: str) -> None:
    """Decompressing a compressed gigabyte of zeros would take as much memory."""
    found, most_bytes = compressors.compressor(algorithm), 1 << 26
    bomb = found.compress(bytes(most_bytes))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="length"):
            found.decompress(bomb, 100)
        assert tracemalloc.get_traced_memory()[1] < most_bytes // 4
    finally:
        tracemalloc.stop()


def test_what_is_not_installed_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    real = util.find_spec
    monkeypatch.setattr(compressors, "find_spec", lambda name: None if name == "brotli" else real(name))
    assert "brotli" not in compressors.algorithms()
    assert dict(compressors.missing())["brotli"] == ("the package brotli is missing: pip install brotli")
