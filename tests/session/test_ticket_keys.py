"""A file of ticket keys: created for its owner only, and refused if others may read it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tlsbench.errors import RequestError
from tlsbench.implementations.registry import tls_libraries
from tlsbench.pki import peers_for
from tlsbench.session.serve import served_scenario
from tlsbench.session.ticket_keys import BYTES, check_shares_tickets, ticket_keys


def test_a_file_is_made_for_its_owner_alone_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "pool.keys"
    keys = ticket_keys(path)
    assert len(keys) == BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ticket_keys(path) == keys == path.read_bytes()
    assert ticket_keys(tmp_path / "other.keys") != keys
    assert sorted(one.name for one in tmp_path.iterdir()) == ["other.keys", "pool.keys"]


def test_whoever_comes_second_takes_the_keys_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers that start together: both find none, and one file remains."""
    path = tmp_path / "pool.keys"
    first = ticket_keys(path)
    monkeypatch.setattr(Path, "exists", lambda _self: False)
    assert ticket_keys(path) == first


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o602])
def test_a_file_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "pool.keys"
    ticket_keys(path)
    path.chmod(mode)
    with pytest.raises(RequestError, match=f"others may read it: chmod 600 {path}"):
        ticket_keys(path)


@pytest.mark.parametrize("count", [0, 48, 79, 81])
def test_what_has_another_length_is_no_file_of_keys(tmp_path: Path, count: int) -> None:
    path = tmp_path / "pool.keys"
    path.write_bytes(bytes(count))
    path.chmod(0o600)
    with pytest.raises(RequestError, match=f"it has {count} bytes: keys are 80"):
        ticket_keys(path)


def test_where_there_can_be_no_file_the_reason_is_said(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no such file or directory"):
        ticket_keys(tmp_path / "none" / "pool.keys")
    with pytest.raises(RequestError, match="is a directory"):
        ticket_keys(tmp_path)


@pytest.mark.parametrize("library", ["pyopenssl", "ssl", "utls", "rtls"])
def test_a_library_that_takes_no_keys_says_which_one_does(library: str) -> None:
    if library not in tls_libraries():
        pytest.skip(f"{library} is not installed")
    scenario = served_scenario([f"implementation={library}"])
    with pytest.raises(RequestError, match=f"{library} takes no ticket keys from outside"):
        check_shares_tickets(scenario, peers_for(scenario), http="auto", early_data=False)


@pytest.mark.parametrize("change", [{"http": "3"}, {"early_data": True}])
def test_where_keys_would_share_nothing_they_are_refused(change: dict[str, object]) -> None:
    scenario = served_scenario([])
    with pytest.raises(RequestError, match="in memory|only the process that issued it knows which were used"):
        check_shares_tickets(scenario, peers_for(scenario), **{"http": "auto", "early_data": False, **change})  # type: ignore[arg-type]
