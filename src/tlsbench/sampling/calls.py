"""Single calls with two kinds of input, in random order: the samples of a constant-time check.

Each epoch starts with new inputs, and new keys if they are quick to generate. Both kinds have two sets of
inputs, created in turn, so that no set differs from the others in its memory layout.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tlsbench.implementations import Verification
from tlsbench.stats import TimedCalls

#: Maximum inputs in each set: few enough to stay in the caches together.
_INPUTS: Final = 16
_LEAST_INPUTS: Final = 2
#: The fraction of an epoch after which only the minimum of inputs is created: signing is slow.
_MAKING_SHARE: Final = 0.25
#: Minimum calls with each set in an epoch, however long they take.
LEAST_CALLS: Final = 8
#: Calls with each set that are drawn at once.
_BATCH: Final = 64
#: Uncounted calls at the start, to warm caches and branch predictors.
_WARM_UP: Final = 16
_NS: Final = 1e9


def time_calls(
    verification: Verification,
    contrast: tuple[str, str],
    seconds: float,
    seed: int,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> TimedCalls:
    """Time calls with both kinds of a contrast.

    :param seconds: how long, approximately.
    :param seed: of the random order.
    :param clock: in nanoseconds.
    """
    began = time.monotonic()
    drawn = random.Random(seed)  # noqa: S311 - an order, not a secret
    sets = _sets(verification.inputs, contrast, began + seconds * _MAKING_SHARE)
    times: list[list[int]] = [[], [], [], []]
    was_on = gc.isenabled()
    gc.disable()
    try:
        _take(verification, [(0, sets[0][0]), (2, sets[2][0])] * _WARM_UP, clock)
        until = began + seconds
        batch = LEAST_CALLS
        while len(times[0]) < LEAST_CALLS or time.monotonic() < until:
            order = [(number, drawn.choice(one)) for number, one in enumerate(sets) for _ in range(batch)]
            drawn.shuffle(order)
            taken = _take(verification, order, clock)
            for (number, _), elapsed in zip(order, taken, strict=True):
                times[number].append(elapsed)
            spent_s = sum(taken) / _NS
            batch = _BATCH if spent_s * _BATCH / batch < seconds / LEAST_CALLS else LEAST_CALLS
    finally:
        if was_on:
            gc.enable()
    return TimedCalls(*times)


def _sets(
    inputs: Mapping[str, Callable[[], Any]], contrast: tuple[str, str], until: float
) -> Sequence[Sequence[Any]]:
    """Two sets of inputs of each kind: two of the first kind, then two of the second."""
    makers = [inputs[kind] for kind in contrast for _ in range(2)]
    sets: list[list[Any]] = [[] for _ in makers]
    for count in range(_INPUTS):
        if count >= _LEAST_INPUTS and time.monotonic() >= until:
            break
        for one, make in zip(sets, makers, strict=True):
            one.append(make())
    return sets


def _take(
    verification: Verification, order: Sequence[tuple[int, Any]], clock: Callable[[], int]
) -> list[int]:
    """The times of one call with each input."""
    call, refusals = verification.call, verification.refusals
    taken = []
    for _, given in order:
        began = clock()
        try:  # noqa: SIM105 - contextlib.suppress would take longer than many calls
            call(given)
        except refusals:
            pass
        ended = clock()
        taken.append(ended - began)
    return taken
