from __future__ import annotations

from dataclasses import replace

from tlsbench.fleet.facts import Facts, differences, host_identity

USUAL = Facts(
    tlsbench="1.0", python="CPython 3.11.7", dask="2026.8.0", engines={"pyopenssl": "OpenSSL 4.0.3"}
)


def test_equal_machines_do_not_differ() -> None:
    assert list(differences({"a": USUAL, "b": USUAL})) == []


def test_where_an_engine_was_found_is_no_difference() -> None:
    elsewhere = replace(USUAL, engines={"pyopenssl": "OpenSSL 4.0.3 in /opt/lib"})
    assert list(differences({"a": USUAL, "b": elsewhere})) == []


def test_each_difference_is_a_line_that_names_the_odd_machine_first() -> None:
    odd = replace(USUAL, tlsbench="0.9", engines={})
    assert list(differences({"a": USUAL, "b": odd, "c": USUAL})) == [
        "tlsbench differs: 0.9 on b; 1.0 on a, c",
        "engine of pyopenssl differs: none on b; OpenSSL 4.0.3 on a, c",
    ]


def test_all_processes_of_a_host_have_its_identity() -> None:
    assert host_identity() == host_identity() != ""
