"""Results as somebody might forge them, and results of any size."""

from __future__ import annotations

import copy
import json
from typing import Any

#: It would run, or break out of its place, if it were not escaped where it ends up.
EVIL = "</script><script>window.hit=1</script><img src=x onerror=window.hit=1>\"'&amp;${x}\u2028|`<b>"


def poisoned(document: dict[str, Any], evil: str = EVIL) -> dict[str, Any]:
    """A result in which every text that may be arbitrary is ``evil``."""
    found = copy.deepcopy(document)
    for number, benchmark in enumerate(found["benchmarks"]):
        notes = benchmark["extra_info"]["tlsbench"]
        for name in ("name", "fullname"):
            benchmark[name] = f"{evil} {number}"
        notes["id"] = benchmark["fullname"]
        notes["axes"] = {**notes["axes"], "implementation": f"{evil} {number}", "key": evil}
        notes["negotiated"] = {evil: evil}
        benchmark["params"] = dict(notes["axes"])
    notes = found["tlsbench"]
    notes["conditions"] |= {"command": evil, "warnings": [evil], "stopped_by": evil}
    notes["failures"] = [{"id": evil, "error": evil}]
    notes["engines"] = {evil: evil}
    found["machine_info"] = {
        "machine": evil,
        "cpu": {"brand_raw": evil},
        "tlsbench": {"engines": {evil: evil}},
    }
    return found


def many(document: dict[str, Any], cells: int) -> str:
    """The text of a result with that many cells, each with its own time."""
    found = {**document, "benchmarks": []}
    groups = ["x25519", "secp256r1", "secp384r1", "X25519MLKEM768", "MLKEM768"]
    for number in range(cells):
        benchmark = copy.deepcopy(document["benchmarks"][number % len(document["benchmarks"])])
        notes = benchmark["extra_info"]["tlsbench"]
        benchmark["fullname"] = notes["id"] = f"{notes['id']} cell={number}"
        notes["axes"] |= {"group": groups[number % 5], "chain_length": str(1 + number // 5 % 5)}
        notes["axes"] |= {"implementation": f"library-{number // 25}"}
        for summary in notes["figures"].values():
            for name in ("low", "median", "high"):
                summary[name] = summary[name] and summary[name] * (1 + number / 1000)
        benchmark["params"] = dict(notes["axes"])
        found["benchmarks"].append(benchmark)
    return json.dumps(found)
