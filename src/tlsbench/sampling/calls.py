"""Single calls with inputs of two kinds, in random order: the samples of a check for constant time.

Everything is made anew for each epoch: keys that are quick to make, and all inputs. Both kinds have two sets
of inputs, made in turn, so that none lies in memory otherwise than the others do.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tlsbench.implementations import Verification
from tlsbench.stats import TimedCalls

#: Inputs of each set, at most: few enough to stay in the caches together.
_INPUTS: Final = 16
_LEAST_INPUTS: Final = 2
#: The part of an epoch after which no more inputs are made than must be: to sign takes its time.
_MAKING_SHARE: Final = 0.25
#: Calls of each set that every epoch has, whatever its time.
LEAST_CALLS: Final = 8
#: Calls of each set that are drawn at once.
_BATCH: Final = 64
#: Calls before those that count, so that caches and branch predictors have seen the code.
_WARM_UP: Final = 16
_NS: Final = 1e9


def time_calls(
    verification: Verification,
    contrast: tuple[str, str],
    seconds: float,
    seed: int,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> TimedCalls:
    """Time calls with both kinds of a contrast for about this long.

    :param clock: in nanoseconds.
    :param seed: of the random order.
    """
    began = time.monotonic()
    drawn = random.Random(seed)  # noqa: S311 - an order, and no secret
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
    """Two sets of inputs of each kind: of the first, again, of the second, again."""
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
    """The time of a call with each input."""
    call, refusals = verification.call, verification.refusals
    taken = []
    for _, given in order:
        began = clock()
        try:  # noqa: SIM105 - contextlib.suppress would take longer than many a call
            call(given)
        except refusals:
            pass
        ended = clock()
        taken.append(ended - began)
    return taken
