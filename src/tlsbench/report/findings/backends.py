"""Findings on the backends of a load: how even the spread was, what each did, and which were down."""

from __future__ import annotations

from tlsbench.loading import BackendLoad, Load
from tlsbench.loading.tally import SUCCESS


def backend_findings(load: Load) -> list[str]:
    """The findings, one line each; an indented line belongs to the one before. One target has none."""
    lines = []
    even = load.evenness
    if even is not None:
        of = f" (of {_known(load):,} connections, without those of lost machines)" if lacking(load) else ""
        lines.append(
            f"{load.plan.spread} over {len(load.backends)} backends{of}: the one with the most "
            f"connections got {_than_even(even.most)}, the one with the fewest {_than_even(even.least)}"
        )
        lines += [f"  {line}" for line in map(_of_one, load.backends)]
    lines += [line for one in load.backends if one.downs for line in [_down(load, one)]]
    return lines


def never_answered(load: Load) -> list[str]:
    """A line for each backend to which no connection succeeded, if connections to others did."""
    if not load.tally.outcomes[SUCCESS]:
        return []
    return [
        f"no connection to {one.target} succeeded: {next(iter(one.tally.failures))}"
        for one in load.backends
        if one.tally.failures and not one.tally.outcomes[SUCCESS]
    ]


def lacking(load: Load) -> list[str]:
    """A line if machines were lost whose connections are missing from the results by backend."""
    known, names = _known(load), ", ".join(one.name for one in load.machines if one.lost)
    if not load.backends or not names or known == load.tally.begun:
        return []
    missing = f"{load.tally.begun - known:,} of {load.tally.begun:,} connections"
    return [f"the results by backend lack {missing}: a lost machine does not report them ({names})"]


def _known(load: Load) -> int:
    """The connections whose backend is known."""
    return sum(one.tally.begun for one in load.backends)


def _than_even(share: float) -> str:
    percent = round(100 * (share - 1), 1)
    return (
        f"{abs(percent):g} % {'more' if percent > 0 else 'less'} than an even share"
        if percent
        else "an even share"
    )


def _of_one(one: BackendLoad) -> str:
    tally = one.tally
    words = f"{one.target}: {tally.begun:,} connections"
    if tally.resumed:
        words += f", {tally.resumed / tally.handshakes:.1%} of the handshakes resumed"
    if failed := sum(tally.failures.values()):
        words += f", {failed:,} failed"
    if one.server is not None and tally.handshakes:
        words += f", {1e6 * one.server.cpu_s / tally.handshakes:,.0f} µs of its processor for each handshake"
    return words


def _down(load: Load, one: BackendLoad) -> str:
    seconds = [second.at_s for second in one.seconds if second.failed]
    when = f", first in second {seconds[0]:.0f}" if seconds else ""
    found = f"{one.target} was down{when}: "
    if load.plan.when_down == "move":
        return f"{found}{one.moved:,} of its connections went to the others (--when-down move)"
    return f"{found}its share kept failing (--when-down move sends it to the others)"
