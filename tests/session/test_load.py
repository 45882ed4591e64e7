from __future__ import annotations

import pytest

from tlsbench.errors import RequestError
from tlsbench.loading import LoadPlan, Target
from tlsbench.session.load import LoadRequest, handshakes_of, lines_of, load, split_words


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


def test_words_with_an_equals_sign_are_selectors_and_the_others_targets() -> None:
    targets, selectors = split_words(
        ["127.0.0.1:1", "version=1.3", "[::1]:2", "unix:/run/a=b", "group=x25519"]
    )
    assert targets == (Target("127.0.0.1", 1), Target("::1", 2), Target("unix:/run/a=b"))
    assert selectors == ["version=1.3", "group=x25519"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "there is no target: write HOST:PORT"),
        (["version=1.3"], "there is no target: write HOST:PORT"),
        (["127.0.0.1:1", "localhost"], "'localhost' is not a target: write HOST:PORT"),
    ],
)
def test_words_that_are_neither_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        split_words(words)


def test_lines_are_of_all_targets_or_of_one() -> None:
    assert lines_of([]) == ("", {})
    assert lines_of(["loss=1%,rtt=50"]) == ("rtt=50ms,loss=1%", {})
    assert lines_of(["127.0.0.1:2,rtt=50ms", "rtt=5ms", "[::1]:3, rtt=1ms"]) == (
        "rtt=5ms",
        {"127.0.0.1:2": "rtt=50ms", "[::1]:3": "rtt=1ms"},
    )


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["rtt=5ms", "rtt=6ms"], "--via is given twice for all targets"),
        (["127.0.0.1:2,rtt=5ms", "127.0.0.1:2,rtt=5ms"], "--via is given twice for 127.0.0.1:2"),
        (["localhost,rtt=5ms"], "--via: 'localhost' is not a target"),
        (["127.0.0.1:2,colour=blue"], "--via: unknown condition 'colour'"),
        (["127.0.0.1:2"], "--via: '127.0.0.1:2' is not a condition"),
    ],
)
def test_lines_that_cannot_be_are_refused(texts: list[str], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        lines_of(texts)
