"""The ids of stored results stay as they are: what each profile expanded to in version 0.1.0, id by id.

``stored/`` contains what the libraries of one machine could not do, and for each profile the ids, followed by
how many cells were excluded and why. A profile that grows gets lines added there; no line is ever changed.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tlsbench.scenarios import Capabilities, Gap, expand, parse, scenario_from_id
from tlsbench.scenarios.axes import SPECIAL_AXES
from tlsbench.scenarios.profiles import PROFILES

STORED = Path(__file__).parent / "stored"
CAPABILITIES = {
    name: Capabilities(
        tuple(
            Gap(one["reason"], {axis: frozenset(v) for axis, v in one["when"].items()})
            for one in able["gaps"]
        ),
        supports=SPECIAL_AXES,  # this version listed what it could not do, one by one
        alone=able["alone"],
        libcrypto=able["libcrypto"],
    )
    for name, able in json.loads((STORED / "capabilities.json").read_text(encoding="utf-8")).items()
}


def stored(profile: str) -> tuple[list[str], list[str]]:
    ids, _, excluded = (STORED / f"{profile}.txt").read_text(encoding="utf-8").partition("\n\n")
    return ids.splitlines(), excluded.splitlines()


@pytest.mark.parametrize("profile", [path.stem for path in STORED.glob("*.txt")])
def test_a_profile_comes_to_the_ids_and_the_reasons_that_it_came_to(profile: str) -> None:
    found = expand([parse([text], CAPABILITIES) for text in PROFILES[profile].selections], CAPABILITIES)
    reasons = Counter(excluded.reason for excluded in found.excluded)
    assert [scenario.id for scenario in found.scenarios] == stored(profile)[0]
    assert [f"{count} {reason}" for reason, count in reasons.items()] == stored(profile)[1]


def test_each_stored_id_names_its_scenario() -> None:
    for path in STORED.glob("*.txt"):
        for scenario_id in stored(path.stem)[0]:
            assert scenario_from_id(scenario_id, CAPABILITIES).id == scenario_id
