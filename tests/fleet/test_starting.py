from __future__ import annotations

from pathlib import Path

import pytest

from tlsbench.errors import RequestError
from tlsbench.fleet.security import Certificates
from tlsbench.fleet.starting import StartRequest

CERTIFICATES = Certificates(Path("anywhere"))


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (StartRequest(), "give --hosts A,B,C"),
        (StartRequest(hosts=("a",), local=1), "give --hosts A,B,C"),
        (StartRequest(hosts=("a",), certificates=CERTIFICATES), "give --bind ADDRESS"),
        (StartRequest(hosts=("a",), bind="192.0.2.1"), "its links need certificates"),
        (StartRequest(hosts=("a", "a"), bind="192.0.2.1", certificates=CERTIFICATES), "named twice"),
    ],
)
def test_what_cannot_be_started_is_refused_in_one_line(request_: StartRequest, why: str) -> None:
    with pytest.raises(RequestError, match=why):
        request_.check()


def test_workers_here_need_no_certificates_as_nobody_else_reaches_them() -> None:
    StartRequest(local=2).check()
