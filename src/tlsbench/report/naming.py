"""Names of cells among others, made of the values in which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tlsbench.results import Cell
from tlsbench.scenarios.axes import AXES


def spell(axis: str, value: str) -> str:
    """A value as it can stand alone: ``x25519``, ``TLS 1.3``, ``chain_length=2``."""
    return AXES[axis].alone.format(axis=axis, value=value)


def names(axes_of: Sequence[Mapping[str, str]], without: Sequence[str] = ()) -> list[str]:
    """What distinguishes each cell from the others: its values on the axes of :func:`telling`.

    :param axes_of: the axes of each cell, by name.
    :param without: axes to leave out.
    """
    told = telling(axes_of, without)
    return [named(axes, told) for axes in axes_of]


def called(ids: Sequence[str], axes_of: Sequence[Mapping[str, str]]) -> list[str]:
    """The names of cells, and of benchmarks of other tools, which have only an id.

    :param ids: a cell's id, or a test's such as ``tests/test_a.py::test_b``, without :func:`module_of`.
    :param axes_of: the axes of each.
    """
    module = module_of(ids)
    return [name or one.removeprefix(f"{module}::") for name, one in zip(names(axes_of), ids, strict=True)]


def module_of(ids: Sequence[str]) -> str:
    """The one file of all the tests among these ids; ``""`` if there are several files, or no tests."""
    files = {file for file, separator, _ in (one.partition("::") for one in ids) if separator}
    return files.pop() if len(files) == 1 else ""


def labels_of(cells: Sequence[Cell], without: Sequence[str] = ()) -> list[str]:
    """A label for each cell."""
    named = names([cell.axes for cell in cells], without)
    return [name or cell.axes["workload"] for name, cell in zip(named, cells, strict=True)]


def constants_of(cells: Sequence[Cell]) -> dict[str, str]:
    """The axes on which all cells have the same value, except values that mean nothing special."""
    names_of_axes = [axis for axis in AXES if all(axis in cell.axes for cell in cells)]
    return {
        axis: cells[0].axes[axis]
        for axis in names_of_axes
        if len({cell.axes[axis] for cell in cells}) == 1
        and cells[0].axes[axis] not in ("", AXES[axis].neutral)
    }


def scenario_of(cells: Sequence[Cell]) -> str:
    """What the cells have in common, as selectors."""
    return " ".join(f"{axis}={value}" for axis, value in constants_of(cells).items())


def telling(axes_of: Sequence[Mapping[str, str]], without: Sequence[str] = ()) -> list[str]:
    """The axes that distinguish cells: those whose values vary and do not follow from the others."""
    columns = {
        axis: [axes.get(axis) or usual.neutral for axes in axes_of]
        for axis, usual in AXES.items()
        if axis not in without
    }
    varying = [axis for axis, column in columns.items() if len(set(column)) > 1]
    for axis in (name for name, rules in AXES.items() if rules.follows):
        others = [columns[other] for other in varying if other != axis]
        if axis in varying and others and follows(columns[axis], others):
            varying.remove(axis)
    return varying


def named(axes: Mapping[str, str], told: Sequence[str]) -> str:
    """A cell's name, made of some of its axes, without values that mean nothing special."""
    ends = [axes[end] for end in ("client", "server") if end in axes]
    words = [" → ".join(ends)] if ends and {"client", "server"} & set(told) else []
    words += [
        spell(axis, axes[axis])
        for axis in told
        if axis not in ("client", "server") and axes.get(axis, "") not in ("", AXES[axis].neutral)
    ]
    return " ".join(words)


def follows(column: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether the values of other columns in a row always determine the value in this one."""
    known: dict[tuple[str, ...], str] = {}
    return all(
        known.setdefault(key, value) == value
        for key, value in zip(zip(*others, strict=True), column, strict=True)
    )
