"""The lines of a load (``--via``), with its workers behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.forwarding import NO_LINE, Detour, Forwarded, LineTo, local_address
from tlsbench.loading.load import Load
from tlsbench.loading.plan import LoadPlan
from tlsbench.loading.target import Target


class Lines:
    """The lines of a load, as a context manager.

    :raises RequestError: if they cannot be set up.
    """

    def __init__(self, plan: LoadPlan) -> None:
        #: The plan for the workers, with addresses, as names cannot be resolved behind the lines.
        self.plan = plan
        #: The command that runs a program behind the lines.
        self.under: Sequence[str] = ()
        self._detour: Detour | None = None
        if not plan.lines:
            return
        try:
            addresses = {target.host: local_address(target.host) for target in plan.targets}
            self._detour = Detour(
                [
                    LineTo(plan.lines.get(target, NO_LINE), addresses[target.host], target.port)
                    for target in plan.targets
                ]
            )
        except RequestError as error:
            raise RequestError(f"--via {next(iter(plan.lines.values()))}: {error}") from None
        self.plan, self.under = replace(plan, addresses=addresses), self._detour.under

    def finish(self, load: Load) -> Mapping[Target, Forwarded]:
        """Deliver the packets in flight, end, and return what the line to each target carried, if known.

        :param load: updated if the process of the lines has died, or its end was interrupted.
        """
        if self._detour is None:
            return {}
        try:
            return dict(zip(self.plan.targets, self._detour.finish(), strict=True))
        except MeasurementError as error:
            load.lost += (f"the line of --via {error}",)
        except KeyboardInterrupt:
            load.interrupted = True
        return {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._detour is not None:
            self._detour.close()
