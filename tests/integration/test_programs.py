"""The folder of ``tlsbench certs init`` with other people's programs, using the snippets in it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.integration.conftest import Answer, find

from tlsbench.certs import folder as pki_folder
from tlsbench.certs.plan import PROFILES, Pki, PkiPlan, make
from tlsbench.loopback import ClientSetup, Server, ServerSetup, meet

pytestmark = pytest.mark.integration
Ask = Callable[..., Answer]
PROFILES_FOR_ALL = ("modern", "legacy", "must-staple")


@pytest.fixture(scope="module", params=PROFILES_FOR_ALL)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A space in the path: each language of the snippets must quote it.
    place = tmp_path_factory.mktemp("a folder") / "pki"
    pki_folder.write(make(PkiPlan(**PROFILES[request.param][1])), place, password="secret")  # type: ignore[arg-type]
    return place


@pytest.fixture
def pki(folder: Path) -> Pki:
    return pki_folder.load(folder)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], port: int, cwd: Path) -> Iterator[None]:
    """A server program, from the moment it listens."""
    log = cwd / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.PIPE, stdout=output, stderr=output)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            assert process.poll() is None, log.read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=20)
        process.kill()


def snippet(folder: Path, name: str, port: int, into: Path) -> Path:
    """A snippet with the test's own port."""
    text = (folder / "snippets" / name).read_bytes()
    place = into / name
    place.write_bytes(text.replace(b"8443", str(port).encode()))
    return place


def nginx(folder: Path, port: int, into: Path) -> list[str]:
    return [
        find("nginx"),
        "-e",
        "stderr",
        "-p",
        str(into),
        "-c",
        str(snippet(folder, "nginx.conf", port, into)),
    ]


def haproxy(folder: Path, port: int, into: Path) -> list[str]:
    return [find("haproxy"), "-f", str(snippet(folder, "haproxy.cfg", port, into))]


def apache(folder: Path, port: int, into: Path) -> list[str]:
    included = snippet(folder, "apache.conf", port, into)
    modules = "/usr/lib/apache2/modules"
    loads = {
        "mpm_event_module": "mod_mpm_event.so",
        "authz_core_module": "mod_authz_core.so",
        "socache_shmcb_module": "mod_socache_shmcb.so",
        "ssl_module": "mod_ssl.so",
    }
    lines = [f'LoadModule {name} "{modules}/{file}"' for name, file in loads.items()]
    lines += [f'PidFile "{into}/pid"', f'DefaultRuntimeDir "{into}"', f'DocumentRoot "{into}"']
    lines += ['ErrorLog "|/bin/cat"', "ServerName localhost", f'Include "{included}"']
    (into / "index.html").write_text("hello from apache\n")
    main = into / "main.conf"
    main.write_text("\n".join(lines) + "\n")
    return [find("apache2"), "-X", "-f", str(main)]


SERVERS = {"nginx": nginx, "haproxy": haproxy, "apache": apache}
STAPLES = {"nginx", "haproxy"}


@pytest.mark.parametrize("name", SERVERS)
def test_servers_run_on_the_snippets_and_clients_agree(
    name: str, folder: Path, pki: Pki, tmp_path: Path, ask: Ask
) -> None:
    port = free_port()
    address = ("127.0.0.1", port)
    trusting = ClientSetup(roots=(pki.root.certificate,), ocsp="required" if name in STAPLES else "none")
    with running(SERVERS[name](folder, port, tmp_path), port, tmp_path):
        known = meet(address, ClientSetup(roots=trusting.roots, ocsp=trusting.ocsp, identity=pki.client))
        assert (known.problem, known.chain) == ("", pki.server.certificates)
        assert known.ocsp == ("good" if name in STAPLES else "")
        assert not meet(address, trusting).problem
        stranger = meet(address, ClientSetup())
        assert str(stranger.alert) == "unknown_ca (48), sent by the client"
        scripts = folder / "snippets"
        answers = {script: ask("sh", scripts / script, port) for script in ("curl.sh", "openssl.sh")}
        for script in ("python_ssl.py", "pyopenssl.py"):
            done = subprocess.run(
                [sys.executable, scripts / script, str(port)],
                capture_output=True,
                text=True,
                timeout=60,
            )
            answers[script] = Answer(done.returncode, done.stdout + done.stderr)
    for script, answer in answers.items():
        assert answer.code == 0, f"{script}: {answer.text}"
        assert "TLSv1.3" in answer.text or name == "apache"
    if name == "nginx":
        assert "client=SUCCESS" in answers["curl.sh"].text
        assert "client=NONE" in answers["curl.sh"].text
    assert "Verification: OK" in answers["openssl.sh"].text
    if name in STAPLES:
        assert "stapled: " in answers["pyopenssl.py"].text


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize(
    "odd",
    ["dol$lar {x}", "a 'b\" #c;{d}", "back\\slash \\n", "%s é😀", os.fsdecode(b"bytes \xff")],
    ids=["dollar", "quotes", "backslash", "unicode", "bytes"],
)
def test_servers_find_the_files_in_a_folder_of_any_name(name: str, odd: str, tmp_path: Path) -> None:
    place = tmp_path / odd
    pki = make(PkiPlan())
    pki_folder.write(pki, place)
    port = free_port()
    for snippet_file in (place / "snippets").iterdir():
        snippet_file.write_bytes(snippet_file.read_bytes().replace(b"8443", str(port).encode()))
    run = tmp_path / "run"
    run.mkdir()
    configuration = place / "snippets" / {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}.get(name, "")
    commands = {
        "nginx": lambda: [find("nginx"), "-e", "stderr", "-p", str(run), "-c", str(configuration)],
        "haproxy": lambda: [find("haproxy"), "-f", str(configuration)],
        "apache": lambda: apache(place, port, run),
    }
    with running(commands[name](), port, run):
        for script in ("curl.sh", "python_ssl.py", "pyopenssl.py"):
            program = "sh" if script.endswith(".sh") else sys.executable
            done = subprocess.run(
                [program, place / "snippets" / script, str(port)], capture_output=True, timeout=60
            )
            assert done.returncode == 0, done.stderr


def test_nginx_requires_a_client_certificate_and_refuses_a_strangers(
    folder: Path, pki: Pki, tmp_path: Path
) -> None:
    port = free_port()
    command = nginx(folder, port, tmp_path)
    config = tmp_path / "nginx.conf"
    config.write_text(config.read_text().replace("optional;", "on;"))
    roots = (pki.root.certificate,)
    with running(command, port, tmp_path):
        good = meet(("127.0.0.1", port), ClientSetup(roots=roots, identity=pki.client))
        assert b"client=SUCCESS" in good.reply
        nobody = meet(("127.0.0.1", port), ClientSetup(roots=roots))
        assert b"No required SSL certificate was sent" in nobody.reply
        stranger = make(PkiPlan())
        bad = meet(("127.0.0.1", port), ClientSetup(roots=roots, identity=stranger.client))
        assert b"The SSL certificate error" in bad.reply


def test_haproxy_refuses_a_strangers_certificate_with_an_alert(
    folder: Path, pki: Pki, tmp_path: Path
) -> None:
    port = free_port()
    with running(haproxy(folder, port, tmp_path), port, tmp_path):
        setup = ClientSetup(roots=(pki.root.certificate,), identity=make(PkiPlan()).client)
        assert meet(("127.0.0.1", port), setup).alert is not None


def test_openssl_and_gnutls_serve_the_folder(folder: Path, pki: Pki, tmp_path: Path) -> None:
    roots = (pki.root.certificate,)
    commands = {
        "openssl": "s_server -accept {port} -cert server.pem -cert_chain intermediates.pem -key server.key "
        "-CAfile root.pem -Verify 5 -verify_return_error -www",
        "gnutls-serv": "--port {port} --x509certfile server-chain.pem --x509keyfile server.key "
        "--x509cafile root.pem --require-client-cert --verify-client-cert --http --quiet",
    }
    for program, arguments in commands.items():
        port = free_port()
        command = [find(program), *arguments.format(port=port).split()]
        with running(command, port, folder):
            known = meet(("127.0.0.1", port), ClientSetup(roots=roots, identity=pki.client))
            assert known.problem in ("", "the server closed the connection without an answer"), program
            assert known.chain == pki.server.certificates
            assert meet(("127.0.0.1", port), ClientSetup(roots=roots)).problem, program
        (folder / "server.log").unlink()


def test_the_files_are_what_their_names_say(folder: Path, pki: Pki, ask: Ask, tmp_path: Path) -> None:
    def good(command: str) -> str:
        program, *arguments = command.split()
        answer = ask(program, *arguments, cwd=folder)
        assert answer.code == 0, f"{command}: {answer.text}"
        return answer.text

    assert "server.pem: OK" in good(
        "openssl verify -CAfile root.pem -untrusted server-chain.pem -x509_strict -purpose sslserver "
        "-verify_hostname localhost -CRLfile crl.pem -crl_check_all server.pem"
    )
    assert "client.pem: OK" in good(
        "openssl verify -CAfile root.pem -untrusted client-chain.pem -purpose sslclient client.pem"
    )
    text = good("openssl x509 -in server.pem -noout -text")
    assert "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1" in text
    assert "TLS Web Server Authentication" in text
    assert "verify OK" in good("openssl crl -in crl.pem -CAfile intermediate-1.pem -noout")
    assert "server.pem: good" in good(
        "openssl ocsp -respin ocsp.der -issuer intermediate-1.pem -cert server.pem -CAfile root.pem "
        "-verify_other intermediate-1.pem"
    )
    good("openssl pkcs12 -in server.p12 -passin pass:secret -nodes")
    bad = ask("openssl", "pkcs12", "-in", "server.p12", "-passin", "pass:wrong", "-nodes", cwd=folder)
    assert bad.code != 0
    good("certtool --verify --load-ca-certificate root.pem --infile server-chain.pem")
    good("certtool --p12-info --inder --infile server.p12 --password secret")
    database = f"sql:{tmp_path}"
    good(f"certutil -N -d {database} --empty-password")
    good(f"certutil -A -d {database} -n root -t C,C, -i root.pem")
    good(f"certutil -A -d {database} -n above -t ,, -i intermediate-1.pem")
    good(f"pk12util -i server.p12 -d {database} -W secret")
    good(f"certutil -A -d {database} -n server -t ,, -i server.pem")
    assert "certificate is valid" in good(f"certutil -V -d {database} -n server -u V -e")


@pytest.mark.parametrize("profile", ["post-quantum", "mixed"])
def test_what_others_do_not_know_yet_works_among_ourselves(profile: str, tmp_path: Path) -> None:
    place = tmp_path / "pki"
    files = pki_folder.write(make(PkiPlan(**PROFILES[profile][1])), place)  # type: ignore[arg-type]
    pki = pki_folder.load(place)
    assert ("server.p12" in files) is (profile == "mixed")
    with Server(ServerSetup(identity=pki.server, staple=pki.staple())) as server:
        meeting = meet(server.address, ClientSetup(roots=(pki.root.certificate,), ocsp="required"))
    assert (meeting.problem, meeting.ocsp) == ("", "good")
