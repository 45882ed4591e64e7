"""The one reader of stored results: from a file to a :class:`~tlsbench.results.stored.Stored`.

A document is parsed once. A fault is one line that names the file and the place; whatever can be left out (a
benchmark without times) or is inconsistent becomes a remark.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tlsbench.errors import RequestError
from tlsbench.results import storage
from tlsbench.results.agreement import disagreements
from tlsbench.results.cell import Cell
from tlsbench.results.read_run import LEAST_FIGURE, cell_of, is_comparable, moment, run_of
from tlsbench.results.stored import FORMAT, Benchmark, Commit, Foreign, Machine, Stored
from tlsbench.results.strict import DocumentError, Node, document, shown, text_of
from tlsbench.version import __version__

#: The figures of pytest-benchmark's ``stats``; null if there is none.
_STATS = (
    "min", "max", "mean", "stddev", "rounds", "median", "iqr", "q1", "q3", "iqr_outliers",
    "stddev_outliers", "ld15iqr", "hd15iqr", "ops", "total", "iterations",
)  # fmt: skip

#: The most remarks on one file.
_MOST_REMARKS = 8


def read(reference: str) -> Stored:
    """Read a result, given a path, or the name or number of a saved run.

    :raises RequestError: if nothing has this name, or it is not a result.
    """
    return read_file(storage.find(reference))


def read_file(path: Path) -> Stored:
    """Read the result in a file.

    :raises RequestError: with one line, if it holds none.
    """
    return parse(storage.read_bytes(path), str(path))


def parse(content: bytes | str, source: str) -> Stored:
    """Parse the content of a result's file.

    :param source: its name in messages.
    :raises RequestError: with one line that begins with ``source`` and names the place.
    """
    version = ""
    try:
        root = document(text_of(content) if isinstance(content, bytes) else content)
        version = newer_version(root)
        stored = _stored(root, source)
    except DocumentError as fault:
        raise RequestError(f"{source}: {fault}{f'; it is {version}' if version else ''}") from None
    except RecursionError:
        raise RequestError(f"{source}: it is nested too deeply") from None
    return replace(stored, remarks=[f"it is {version}", *stored.remarks]) if version else stored


def _stored(root: Node, source: str) -> Stored:
    if not isinstance(root.value, dict):
        raise DocumentError(f"it holds {shown(root.value)}, not a result of tlsbench or pytest-benchmark")
    if "duel" in root.value:
        from tlsbench.results.duel_json import duel_of

        return Stored(source=source, result=duel_of(root))
    for tool, is_of in _OTHERS.items():
        if is_of(root.value):
            raise DocumentError(
                f"it is {tool}: tlsbench reads what run, duel, load and pytest-benchmark store"
            )
    if not isinstance(root.value.get("benchmarks"), list):
        raise DocumentError("it is not a pytest-benchmark result: it has no list 'benchmarks'")
    meter = _meter(root)
    entries, remarks = _only_once([_entry(node, meter) for node in root["benchmarks"].each()])
    notes, taken_at, version = root.find("tlsbench"), root.find("datetime"), root.get("version")
    machine = _machine(root.find("machine_info"))
    stored = Stored(
        source=source,
        result=Foreign(version.text() if version else ""),
        benchmarks=[entry.benchmark for entry in entries if entry.benchmark is not None],
        machine=machine,
        taken_at=moment(taken_at) if taken_at else None,
        commit=_commit(root.get("commit_info")),
        remarks=[*(remark for entry in entries for remark in entry.remarks), *remarks],
    )
    if notes and (load := notes.find("load")):
        from tlsbench.results.load_json import load_of

        command = load.get("command")
        return replace(stored, result=load_of(load), command=command.text() if command else "")
    cells = [entry.cell for entry in entries if entry.cell is not None]
    if not cells and not (notes and notes.find("conditions")):
        return stored
    run = run_of(root, cells, machine.engines)
    noted = notes and notes.find("conditions")
    return replace(stored, result=run, command=run.conditions.command if noted else "")


def _meter(root: Node) -> str:
    """The meter of a document's run; ``""`` if it does not say."""
    notes = root.find("tlsbench")
    conditions = notes.find("conditions") if notes else None
    meter = conditions.find("meter") if conditions else None
    return meter.text() if meter else ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of ``benchmarks``: its comparable part, its cell if tlsbench made it, and remarks."""

    name: str
    benchmark: Benchmark | None
    cell: Cell | None
    remarks: Sequence[str] = ()


def _entry(node: Node, meter: str) -> _Entry:
    name = node["fullname"].text()
    stats, extra, params = node["stats"], node.find("extra_info"), node.get("params")
    for figure in _STATS:
        if (one := stats.get(figure)) is not None:
            one.number()
    data = stats.get("data")
    data_s = data.numbers(0.0) if data is not None else ()
    parameters = {key: _as_text(one) for key, one in params.items()} if params else {}
    notes = extra.find("tlsbench") if extra else None
    if notes is None:
        if not data_s:
            remark = f"it has no raw data for {_name(name)}: store it with --benchmark-save-data"
            return _Entry(name, None, None, [remark])
        figures = tuple(1e9 * seconds for seconds in data_s)
        if min(figures) < LEAST_FIGURE:
            return _Entry(name, None, None, [f"{_name(name)} is left out: it has a time of zero"])
        return _Entry(name, Benchmark(name, parameters, figures), None, disagreements(stats, data_s))
    cell = cell_of(node, notes, data_s, meter)
    if not is_comparable(cell):
        return _Entry(name, None, None, [f"{_name(name)} is left out: it has a time of zero, or none"])
    medians = cell.main.round_medians
    benchmark = Benchmark(name, parameters, medians, cell.instrument)
    return _Entry(name, benchmark, cell, disagreements(stats, data_s, cell, name))


def _only_once(entries: Sequence[_Entry]) -> tuple[Sequence[_Entry], Sequence[str]]:
    """The entries with unique names, and remarks on the names that occurred more than once.

    Equal entries, as of two tests that share a scenario, become one. Others are numbered: it cannot be known
    which of them is meant, and none may represent the others.
    """
    counts = Counter(entry.name for entry in entries)
    if len(counts) == len(entries):
        return entries, ()
    kept: dict[str, list[_Entry]] = {}
    alike: dict[tuple[str, tuple[float, ...]], list[_Entry]] = {}
    for entry in entries:
        figures = entry.benchmark.figures if entry.benchmark is not None else ()
        like_it = alike.setdefault((entry.name, figures), [])
        if all((entry.benchmark, entry.cell) != (one.benchmark, one.cell) for one in like_it):
            like_it.append(entry)
            kept.setdefault(entry.name, []).append(entry)
    remarks = []
    for name, among in kept.items():
        if counts[name] > 1:
            how = f"numbered from 1 to {len(among)}" if len(among) > 1 else "all equal, and taken as one"
            remarks.append(f"it has {_name(name)} {counts[name]} times, {how}")
    return [
        _numbered(entry, at, len(among)) if len(among) > 1 else entry
        for among in kept.values()
        for at, entry in enumerate(among, start=1)
    ], remarks


def _numbered(entry: _Entry, at: int, of: int) -> _Entry:
    if entry.benchmark is None:
        return entry
    return replace(entry, benchmark=replace(entry.benchmark, name=f"{entry.name} ({at} of {of})"))


def _as_text(node: Node) -> str:
    return node.text() if isinstance(node.value, str) else str(node.plain())


def _name(name: str) -> str:
    """A benchmark's name for a remark, which is one line."""
    return f"'{name}'" if name.isprintable() else shown(name)


def machine_of(noted: Mapping[str, Any]) -> Machine:
    """The machine in pytest-benchmark's info (:func:`tlsbench.results.environment.machine_info`)."""
    return _machine(Node(dict(noted)))


def _machine(info: Node | None) -> Machine:
    if info is None:
        return Machine()
    cpu, ours = info.get("cpu"), info.find("tlsbench")
    count = cpu.get("count") if cpu else None

    def text(of: Node | None, *names: str) -> str:
        found = [node for name in names if of is not None and (node := of.get(name)) is not None]
        return found[0].text() if found else ""

    def texts(name: str) -> Mapping[str, str]:
        group = ours.find(name) if ours else None
        return {key: node.text() for key, node in group.items()} if group else {}

    noted = info.plain()
    assert isinstance(noted, dict)
    return Machine(
        processor=text(cpu, "brand_raw", "brand"),
        cores=count.whole(0) if count else None,
        architecture=text(info, "machine"),
        system=text(info, "system"),
        release=text(info, "release"),
        python_implementation=text(info, "python_implementation"),
        python_version=text(info, "python_version"),
        version=text(ours, "version"),
        engines=texts("engines"),
        libraries=texts("libraries"),
        noted=noted,
    )


#: Git's object names: SHA-1 or SHA-256, in hexadecimal.
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def commit_in(path: Path) -> Commit | None:
    """The commit that a file names; None if it names none.

    :raises RequestError: with one line, if it cannot be read.
    """
    try:
        root = document(text_of(storage.read_bytes(path)))
        return _commit(root.get("commit_info")) if isinstance(root.value, dict) else None
    except DocumentError as fault:
        raise RequestError(f"{path}: {fault}") from None


def _commit(info: Node | None) -> Commit | None:
    """The commit of pytest-benchmark's ``commit_info``, whose id is not a hash outside of a repository."""
    name = info.get("id") if info else None
    if info is None or name is None or not _HASH.fullmatch(name.text()):
        return None
    branch, dirty, at = info.get("branch"), info.get("dirty"), info.get("time")
    return Commit(
        name.text(),
        branch.text() if branch else "",
        dirty.flag() if dirty else False,
        moment(at) if at else None,
    )


def newer_version(root: Node) -> str:
    """A phrase about a document from a newer tlsbench; ``""`` for others.

    :raises DocumentError: if its format is not known to this version.
    """
    if not isinstance(root.value, dict):
        return ""
    ours = __version__
    notes, info = root.find("tlsbench"), root.find("machine_info")
    within = info.find("tlsbench") if info else None
    number = notes.find("format") if notes else None
    told = next((node for one in (within, notes) if one and (node := one.find("version"))), None)
    version = told.text() if told else ""
    if number is not None and number.whole(1) > FORMAT:
        raise DocumentError(
            f"it is from a newer tlsbench{f' ({version})' if version else ''}: its format is "
            f"{shown(number.value)}, this one, {ours}, reads formats up to {FORMAT}"
        )
    if _release(version) <= _release(ours):
        return ""
    return (
        f"from tlsbench {version if version.isprintable() else shown(version)}, newer than this one ({ours})"
    )


def _release(version: str) -> tuple[int, ...]:
    """The leading numbers of a version."""
    return tuple(int(part) for part in re.findall(r"\d{1,9}", version.partition("+")[0], re.ASCII)[:3])


def _first(document_: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The first object in a list of that name; an empty one if there is none."""
    found = document_.get(name)
    first = found[0] if isinstance(found, list) and found else None
    return first if isinstance(first, dict) else {}


#: What users may give instead of a result, and how it is recognised.
_OTHERS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "a result of pyperf": lambda one: "runs" in _first(one, "benchmarks"),
    "a result of Google Benchmark": lambda one: "real_time" in _first(one, "benchmarks"),
    "a result of hyperfine": lambda one: "command" in _first(one, "results"),
    "the counts of a 'tlsbench serve'": lambda one: {"accepted", "ended", "negotiated"} <= one.keys(),
    "the judgement of a 'tlsbench compare'": lambda one: {"verdicts", "base", "new"} <= one.keys(),
    "a handshake of 'tlsbench trace', which 'tlsbench report' shows": lambda one: (
        {"scenario", "flights"} <= one.keys()
    ),
    "a capacity of 'tlsbench capacity', whose cells its --save keeps": lambda one: "capacity" in one,
    "a check of 'tlsbench constant-time'": lambda one: {"constant_time", "method"} <= one.keys(),
    "the history of saved runs": lambda one: {"runs", "cells"} == one.keys(),
}


def remarks_of(stored: Stored) -> Iterator[str]:
    """The remarks, each with the file that it is about; only the first few of many."""
    for remark in stored.remarks[:_MOST_REMARKS]:
        yield f"{stored.source}: {remark}"
    if more := len(stored.remarks[_MOST_REMARKS:]):
        yield f"{stored.source}: there are {more} more remarks of this kind"
