"""Rows as pandas and polars tables, if these packages are installed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tlsbench.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def pandas_of(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The rows as a ``pandas.DataFrame``.

    :raises RequestError: with the command that installs pandas, if it is missing.
    """
    _require("pandas")
    import pandas as pd

    flat = _flat(rows)
    return pd.DataFrame(flat).astype(dict.fromkeys(_unknown(flat), float))


def polars_of(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows as a ``polars.DataFrame``.

    :raises RequestError: with the command that installs polars, if it is missing.
    """
    _require("polars")
    import polars as pl

    flat = _flat(rows)
    types = dict.fromkeys(_unknown(flat), pl.Float64)
    return pl.DataFrame(flat, schema_overrides=types, infer_schema_length=None, strict=False)


def _require(package: str) -> None:
    if find_spec(package) is None:
        raise RequestError(f"to_{package}() needs {package}: pip install {package}")


def _flat(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows with members of mappings as columns (``negotiated.version``); all rows have all columns."""
    flat = [_columns(row) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    return [{name: row.get(name) for name in names} for row in flat]


def _unknown(flat: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns without any value: unknown figures, which a table could not recognise as numbers."""
    return [name for name in (flat[0] if flat else ()) if all(row[name] is None for row in flat)]


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            columns |= {f"{name}.{member}": _scalar(one) for member, one in value.items()}
        else:
            columns[name] = _scalar(value)
    return columns


def _scalar(value: Any) -> Any:  # noqa: ANN401 - whatever a proof holds
    return json.dumps(value) if isinstance(value, list | tuple | Mapping) else value
