from __future__ import annotations

import json

import pytest
from tests.report.exporters.made import REPORTS, report

from tlsbench.report.exporters import export
from tlsbench.results.reader import parse


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_the_document_of_the_result_on_whole_lines(name: str) -> None:
    text = export(report(name), "json", 0)
    assert text.endswith("}\n")
    document = json.loads(text)
    if "slower" in name:
        assert {"verdicts", "geometric_mean", "failed"} <= document.keys()
    else:
        kind = type(parse(text, "x").result).__name__
        assert kind.lower() == report(name).kind
