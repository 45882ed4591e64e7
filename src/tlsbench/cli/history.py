"""What ``tlsbench history`` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tlsbench.cli import output
from tlsbench.cli.report import check_picture, picture_written
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


def history(selectors: Sequence[str], path: Path | None, *, as_json: bool) -> int:
    """Print the saved runs, and the history of the cells that the selectors mean; the exit code.

    :raises RequestError: if nothing is saved, or no saved cell is meant.
    """
    if path is not None:
        check_picture(path)
    runs = _saved_runs()
    cells = _cells(runs, selectors) if selectors or path is not None else []
    steps = []
    if path is not None:
        named = [(f"{run.number:04}", run.recording) for run in runs]
        picture = picture_of(named, [cell.id for cell in cells])
        if picture is None:
            raise RequestError("a history needs two saved runs with a cell in common")
        steps.append(lambda: picture_written(picture, path))
    code = output.store(steps)
    with output.beside(path):
        if as_json:
            output.write(json.dumps(as_plain(runs, cells), indent=2) + "\n")
        else:
            output.show(terminal(runs, cells))
    return code


def _saved_runs() -> list[SavedRun]:
    runs = []
    for number, name, path in storage.saved():
        try:
            stored = read_file(path)
            recording = recording_of(stored)
        except RequestError as error:
            output.note(f"left out: {error}")
            continue
        for remark in recording.remarks:
            output.note(f"warning: {remark}")
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
