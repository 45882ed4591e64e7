from __future__ import annotations

import pytest

from tlsbench.errors import RequestError
from tlsbench.loading import LoadPlan, Target
from tlsbench.session.load import LoadRequest, handshakes_of, load


def test_handshakes_are_of_one_value_for_each_axis() -> None:
    assert handshakes_of(["version=1.3", "group=X25519"]) == {"version": "1.3", "group": "x25519"}
    with pytest.raises(RequestError, match="version has 2 values: a load takes one"):
        handshakes_of(["version=1.2,1.3"])
    with pytest.raises(RequestError, match="a load has no axis 'key': valid are version, cipher, group"):
        handshakes_of(["key=rsa-2048"])


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (LoadPlan(target=Target("192.0.2.1", 443)), "is not loopback"),
        (LoadPlan(target=Target("127.0.0.1", 443), connections=0), "--connections 0"),
        (LoadPlan(target=Target("127.0.0.1", 443), root="/no/such.pem"), "/no/such.pem"),
    ],
)
def test_a_load_that_cannot_be_or_may_not_be_is_refused_before_anything_is_sent(
    plan: LoadPlan, message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        load(LoadRequest(plan=plan), observe=lambda _at, _tally: pytest.fail("it began"))


def test_whose_owner_has_agreed_may_be_loaded() -> None:
    LoadRequest(plan=LoadPlan(target=Target("192.0.2.1", 443)), unbounded=True).check()
