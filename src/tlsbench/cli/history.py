"""What ``tlsbench history`` does."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tlsbench.cli.output import show
from tlsbench.cli.report import write_picture
from tlsbench.cli.request import selects
from tlsbench.comparison import recording_of
from tlsbench.errors import RequestError
from tlsbench.implementations.registry import spellings
from tlsbench.report.histories import CellHistory, SavedRun, as_plain, histories, terminal
from tlsbench.report.pictures.compared import history as picture_of
from tlsbench.results import storage
from tlsbench.results.reader import read_file
from tlsbench.scenarios import parse

#: More cells than that are no answer: selectors name fewer.
_MOST_CELLS = 200


def history(selectors: Sequence[str], output: Path | None, *, as_json: bool) -> None:
    """Print the saved runs, and the history of the cells that the selectors mean.

    :raises RequestError: if nothing is saved, or no saved cell is meant.
    """
    runs = _saved_runs()
    cells = _cells(runs, selectors) if selectors or output is not None else []
    if as_json:
        sys.stdout.write(json.dumps(as_plain(runs, cells), indent=2) + "\n")
    else:
        show(terminal(runs, cells))
    if output is not None:
        named = [(f"{run.number:04}", run.recording) for run in runs]
        picture = picture_of(named, [cell.id for cell in cells])
        if picture is None:
            raise RequestError("a history needs two saved runs with a cell in common")
        write_picture(picture, output)


def _saved_runs() -> list[SavedRun]:
    runs = []
    for number, name, path in storage.saved():
        try:
            stored = read_file(path)
            recording = recording_of(stored)
        except RequestError as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        for remark in recording.remarks:
            print(f"warning: {remark}", file=sys.stderr)
        taken_at = stored.taken_at.strftime("%Y-%m-%d %H:%M") if stored.taken_at else ""
        runs.append(SavedRun(number, name, taken_at, recording))
    if not runs:
        raise RequestError(f"{storage.STORAGE} holds no saved run: save one with 'tlsbench run --save NAME'")
    return runs


def _cells(runs: Sequence[SavedRun], selectors: Sequence[str]) -> list[CellHistory]:
    wanted = parse(selectors, spellings())
    ids = dict.fromkeys(
        name
        for run in runs
        for name, parameters in run.recording.parameters.items()
        if selects(wanted, dict(parameters))
    )
    if not ids:
        raise RequestError(f"no saved run has a cell of {' '.join(selectors)}")
    if len(ids) > _MOST_CELLS:
        raise RequestError(f"{len(ids)} saved cells are meant: name fewer, such as workload=handshake")
    return histories(runs, list(ids))
