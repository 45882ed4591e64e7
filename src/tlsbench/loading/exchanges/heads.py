"""Response heads in HTTP/2 and HTTP/3, as lists of fields: whether they are good, and what follows them."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from tlsbench.errors import MeasurementError
from tlsbench.loading.answers import is_success
from tlsbench.loading.exchanges.contract import ANY_LENGTH

#: For an interim response (RFC 9110 section 15.2), which the final one follows.
INTERIM: Final = -2
_MOST_DIGITS: Final = 15


def body_length(fields: Sequence[tuple[bytes, bytes]], size_bytes: int, broken: str) -> int:
    """The required length of the body after a head, or :data:`ANY_LENGTH`, or :data:`INTERIM`.

    :param size_bytes: the length that the plan requires; 0 accepts any.
    :param broken: the error text for a head that breaks the rules of its protocol.
    :raises MeasurementError: if the response is no success, or breaks the rules.
    """
    statuses = [value for name, value in fields if name == b":status"]
    if len(statuses) != 1 or len(statuses[0]) != 3 or not statuses[0].isdigit():
        raise MeasurementError(broken)
    status = int(statuses[0])
    if 100 <= status < 200:
        return INTERIM
    if not is_success(status):
        raise MeasurementError(f"HTTP status {status}")
    lengths = {value for name, value in fields if name == b"content-length"}
    if len(lengths) > 1 or any(not one.isdigit() or len(one) > _MOST_DIGITS for one in lengths):
        raise MeasurementError(broken)
    if size_bytes or not lengths or status == HTTPStatus.NOT_MODIFIED:
        return size_bytes or ANY_LENGTH
    return int(lengths.pop())
