from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.report.exporters.made import REPORTS, holding, report

from tlsbench.escaping import for_terminal
from tlsbench.report.exporters import export
from tlsbench.scenarios.axes import AXES


def families(text: str) -> dict[str, Metric]:
    found = list(text_string_to_metric_families(text))
    assert len({one.name for one in found}) == len(found), "a family stands together"
    return {one.name: one for one in found}


def value(family: Metric, **labels: str) -> float:
    (found,) = (one.value for one in family.samples if labels.items() <= one.labels.items())
    return float(found)


@pytest.mark.parametrize("name", REPORTS)
def test_a_parser_of_prometheus_reads_it_and_its_units_are_base_units(name: str) -> None:
    made = report(name)
    text = export(made, "openmetrics", 0)
    assert text.endswith("\n# EOF\n")
    for metric, family in families(text).items():
        assert re.fullmatch(rf"tlsbench_{made.kind}_[a-z_]+[a-z]", metric)
        assert not re.search(r"_(us|ns|ms|kib|percent|mb|per_s)$", metric)
        assert family.type == "gauge"
        assert family.samples
        assert all(math.isfinite(sample.value) for sample in family.samples)
        assert len({tuple(sorted(one.labels.items())) for one in family.samples}) == len(family.samples)


def test_a_run_has_medians_intervals_and_quantiles_in_seconds() -> None:
    made = report("run.json")
    libraries = families(export(made, "openmetrics", 0))["tlsbench_run_libraries_seconds"]
    first = made.entries[0]
    axes = {name: text for name, text in first.labels.items() if name in AXES}
    cell = {name: text for name, text in axes.items() if text != AXES[name].neutral}
    assert {"link", "resumption"}.isdisjoint(cell)
    median = {**cell, "instrument": "wall", "quantile": "0.5"}
    samples = {
        one.labels.get("interval") or one.labels["quantile"]: one.value
        for one in libraries.samples
        if cell.items() <= one.labels.items()
    }
    assert samples["0.5"] == pytest.approx((first.figures["libraries_us"].number or 0) / 1e6)
    assert samples["low"] < samples["0.5"] < samples["high"]
    assert samples["0.99"] == pytest.approx((first.figures["p99_us"].number or 0) / 1e6)
    assert value(libraries, **median, interval="low") == samples["low"]
    assert not any({"link", "resumption"} & one.labels.keys() for one in libraries.samples), "as in ids"
    assert libraries.unit == "seconds"


def test_memory_is_in_bytes_and_bytes_on_the_wire_are_another_family() -> None:
    memory = families(export(report("memory.json"), "openmetrics", 0))
    kib = report("memory.json").entries[0].figures["total_kib"].number or 0
    assert memory["tlsbench_run_total_bytes"].samples[0].value == pytest.approx(1024 * kib)
    timed = families(export(report("run.json"), "openmetrics", 0))
    assert "tlsbench_run_client_bytes" not in timed
    assert "tlsbench_run_client_sent_bytes" in timed


def test_times_of_different_instruments_are_told_apart() -> None:
    for name, instrument in (("run.json", "wall"), ("cpu.json", "cpu"), ("cpu.json slower", "cpu")):
        series = "base" if "slower" in name else "total"
        (family,) = (
            family
            for metric, family in families(export(report(name), "openmetrics", 0)).items()
            if metric.endswith(f"_{series}_seconds")
        )
        assert {sample.labels["instrument"] for sample in family.samples} == {instrument}


def test_a_load_has_a_series_of_quantiles_for_each_phase_and_rates_of_the_whole() -> None:
    found = families(export(report("load.json"), "openmetrics", 0))
    times = found["tlsbench_load_time_seconds"]
    quantiles = [one.labels["quantile"] for one in times.samples if one.labels["phase"] == "handshake"]
    assert quantiles == ["0.5", "0.9", "0.99", "0.999", "0.9999", "1"]
    assert value(times, phase="handshake", quantile="0.5") == pytest.approx(1.546e-3, rel=1e-3)
    assert value(found["tlsbench_load_handshakes_per_second"]) == pytest.approx(452.1, rel=1e-3)


@given(st.text(max_size=30) | st.sampled_from(['a"} 1\n# EOF', "\\", '\\"', "a\\nb"]))
def test_any_text_in_a_label_is_read_back_as_a_terminal_would_show_it(text: str) -> None:
    found = families(export(holding(text), "openmetrics", 0))
    (sample,) = found["tlsbench_run_total_seconds"].samples
    assert sample.labels.get("cell", "") == for_terminal(text)
    assert sample.value == pytest.approx(1.5e-6)
