"""The examples for Kubernetes and Slurm, as far as they can be tested without either."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/examples"
KUBERNETES, SLURM = EXAMPLES / "fleet-kubernetes.yml", EXAMPLES / "fleet-slurm.sh"


def options_of(command: str) -> set[str]:
    """The options of one of Dask's commands."""
    cli = pytest.importorskip(f"distributed.cli.{command}", reason="Dask is not installed")
    return {name for one in cli.main.params for name in (*one.opts, *one.secondary_opts)}


def pods() -> list[dict[str, Any]]:
    documents = list(yaml.safe_load_all(KUBERNETES.read_text(encoding="utf-8")))
    assert [one["kind"] for one in documents] == ["Service", "Deployment", "DaemonSet"]
    return [one["spec"]["template"]["spec"] for one in documents[1:]]


def containers() -> list[dict[str, Any]]:
    return [one["containers"][0] for one in pods()]


def test_kubernetes_starts_what_dask_has_with_options_that_it_takes() -> None:
    for container in containers():
        *_, module = container["command"]
        given = {word.partition("=")[0] for word in container["args"] if word.startswith("--")}
        assert given <= options_of(module.rpartition(".")[2])


def test_kubernetes_has_one_task_at_a_time_on_each_node_over_encrypted_links() -> None:
    scheduler, worker = (container["args"] for container in containers())
    assert {"--nthreads=1", "--nworkers=1", "--resources=tlsbench=1", "--protocol=tls"} <= set(worker)
    assert "--protocol=tls" in scheduler


def test_each_machine_of_kubernetes_gets_its_own_key_alone() -> None:
    for document in list(yaml.safe_load_all(KUBERNETES.read_text(encoding="utf-8")))[1:]:
        (secret,) = [
            one["secret"] for one in document["spec"]["template"]["spec"]["volumes"] if "secret" in one
        ]
        role = document["metadata"]["name"].removeprefix("tlsbench-")
        assert [one["key"] for one in secret["items"]] == ["root.pem", f"{role}.pem"]


def test_the_image_has_what_kubernetes_starts_for_the_user_who_may_read_the_certificates() -> None:
    image = (ROOT / "Containerfile").read_text(encoding="utf-8")
    (entry,) = re.findall(r'^ENTRYPOINT \["(.*)"\]$', image, re.MULTILINE)
    assert f"ENV PATH={Path(entry).parent}:$PATH\n" in image, "python3 is the one with tlsbench"
    assert all(container["command"][0] == "python3" for container in containers())
    (uid,) = re.findall(r"useradd .*--uid (\d+)", image)
    for pod in pods():
        assert set(pod["securityContext"].values()) == {int(uid)}
    (built,) = re.findall(
        r"^#  +podman build .*EXTRAS=(\S+)", KUBERNETES.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert "fleet" in built.split(",")
    assert 'tlsbench/bin/pip install --no-cache-dir --no-compile "/source[$EXTRAS]"' in image


def test_the_script_for_slurm_is_one_and_gives_options_that_dask_takes() -> None:
    subprocess.run(["bash", "-n", str(SLURM)], check=True)
    text = SLURM.read_text(encoding="utf-8")
    for command in ("dask_scheduler", "dask_worker"):
        own = re.search(rf"distributed\.cli\.{command}(.*?)&\n", text, re.DOTALL)
        assert own is not None
        given = set(re.findall(r"(?<!\S)--[\w-]+", own[1])) - {"--ntasks-per-node"}
        assert given
        assert given <= options_of(command)
