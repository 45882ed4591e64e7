"""A PKI as a folder: write it whole or not at all, with private keys for their owner only; and read it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from tlsbench.certs.plan import Pki
from tlsbench.certs.snippets import snippets
from tlsbench.errors import OutputError, RequestError
from tlsbench.files import FOLDER_MODE, SECRET_MODE, existing, try_folder
from tlsbench.interrupts import held
from tlsbench.pki import Authority, Identity, certificates_pem, read_bundle, read_file
from tlsbench.pki.keys import to_pem

MANIFEST: Final = "pki.json"
_FORMAT: Final = "tlsbench-pki-1"
_OPEN_MODE = 0o644


@dataclass(frozen=True, slots=True)
class _File:
    """The contents of a file; a secret one is readable by its owner only."""

    data: bytes
    secret: bool = False


def write(pki: Pki, folder: Path, *, password: str = "", force: bool = False) -> tuple[str, ...]:
    """Write a PKI to a folder that does not exist yet, or is empty.

    :param password: for the PKCS #12 files; without one, they are not encrypted.
    :param force: replace a folder that this function wrote before; any other stays untouched even so.
    :returns: the names of the files, in order of importance.
    :raises RequestError: if something is there already.
    :raises OutputError: if it cannot be written; then nothing is left behind.
    """
    check_free(folder, force=force)
    contents = dict(_files(pki, folder.absolute(), password))
    place = folder.absolute()
    with held() as stop:
        above = [path for path in place.parents if not path.exists()]
        new = None
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            new = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=_where_made(place)))
            for name, file in contents.items():
                if stop():
                    raise stop.interrupted()
                _write(new / name, file)
            _put_in_place(new, place)
        except OSError as error:
            raise OutputError(f"cannot write {folder}: {error.strerror or error}") from error
        finally:
            if new is not None:
                shutil.rmtree(new, ignore_errors=True)
            for path in above:
                with suppress(OSError):  # it may be in use by now
                    path.rmdir()
    return tuple(contents)


def load(folder: Path) -> Pki:
    """Read the PKI that :func:`write` wrote.

    :raises RequestError: with a one-line message, if there is none, or it is no longer complete.
    """
    try:
        known = (folder / MANIFEST).is_file()
    except OSError as error:
        raise RequestError(f"cannot read {folder}: {error.strerror}") from error
    if not known:
        raise RequestError(f"{folder} is not a folder of 'tlsbench certs init': it has no {MANIFEST}")
    manifest = _manifest(folder)
    try:
        names = [str(name) for name in manifest["authorities"]]
    except (KeyError, TypeError) as error:
        raise RequestError(f"{folder / MANIFEST} does not name the authorities") from error
    if not names or any(Path(name).name != name for name in names):
        raise RequestError(f"{folder / MANIFEST} does not name the authorities")
    identities = [_identity(folder, name, f"{name}.pem") for name in names]
    authorities: list[Authority] = []
    for identity in identities:
        above = authorities[-1].chain if authorities else ()
        chain = (identity.leaf, *above) if authorities else ()
        authorities.append(Authority(identity.leaf, identity.private_key, chain))
    return Pki(
        authorities=tuple(authorities),
        server=_identity(folder, "server", "server-chain.pem"),
        client=_identity(folder, "client", "client-chain.pem"),
    )


def _files(pki: Pki, place: Path, password: str) -> Iterator[tuple[str, _File]]:
    """Every file with its name; ``place`` is the folder where they will be."""
    names = authority_names(pki)
    for name, authority in zip(names, pki.authorities, strict=True):
        yield f"{name}.pem", _File(authority.certificate_pem)
        yield f"{name}.key", _File(to_pem(authority.private_key), secret=True)
    for name, identity in (("server", pki.server), ("client", pki.client)):
        key = to_pem(identity.private_key)
        yield f"{name}.pem", _File(certificates_pem(identity.certificates[:1]))
        yield f"{name}.key", _File(key, secret=True)
        yield f"{name}-chain.pem", _File(identity.chain_pem)
        yield f"{name}-combined.pem", _File(identity.chain_pem + key, secret=True)
        if not identity.key_type.startswith(("ml-dsa", "rsa-pss")):
            yield f"{name}.p12", _File(identity.pkcs12(password, name), secret=True)
    if intermediates := pki.server.certificates[1:]:
        yield "intermediates.pem", _File(certificates_pem(intermediates))
    yield "crl.pem", _File(b"".join(crl.public_bytes(Encoding.PEM) for crl in pki.crls()))
    staple = pki.staple()
    yield "ocsp.der", _File(staple)
    yield "server-combined.pem.ocsp", _File(staple)  # the name that HAProxy looks for
    for name, text in snippets(place, pki.server).items():
        yield f"snippets/{name}", _File(os.fsencode(text))  # a path may contain any bytes
    manifest = {"format": _FORMAT, "authorities": names}
    yield MANIFEST, _File((json.dumps(manifest, indent=2) + "\n").encode())


def authority_names(pki: Pki) -> list[str]:
    """The names of the authorities in a folder, the root first."""
    return ["root", *(f"intermediate-{level}" for level in range(1, len(pki.authorities)))]


def _write(path: Path, file: _File) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(FOLDER_MODE)
        path.parent.chmod(FOLDER_MODE)
    # Created with its final mode: a key must not be readable by others even for a moment.
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_MODE if file.secret else _OPEN_MODE
    )
    with os.fdopen(descriptor, "wb") as target:
        if file.secret:
            os.fchmod(descriptor, SECRET_MODE)  # whatever the umask
        target.write(file.data)
        target.flush()
        os.fsync(target.fileno())


def check_writable(folder: Path) -> None:
    """Check that :func:`write` can write there, before keys are made.

    :raises RequestError: if it cannot.
    """
    place = folder.absolute()
    try:
        try_folder(existing(place if _stays(place) else place.parent))
    except OSError as error:
        raise RequestError(f"cannot write {folder}: {error.strerror or error}") from None


def check_free(folder: Path, *, force: bool) -> None:
    """Check that :func:`write` would not overwrite anything.

    :raises RequestError: if something is there that must be kept.
    """
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise RequestError(f"{folder} exists and is not a folder")
        if not folder.exists() or not any(folder.iterdir()):
            return
        ours = (folder / MANIFEST).is_file() and _is_ours(folder)
    except OSError as error:
        raise RequestError(f"cannot read {folder}: {error.strerror}") from error
    if not ours:
        raise RequestError(
            f"{folder} exists and is not a PKI of tlsbench: it is left as it is, even with --force"
        )
    if not force:
        raise RequestError(f"{folder} already holds a PKI: --force replaces it, and its keys are lost")


def _is_ours(folder: Path) -> bool:
    try:
        return bool(_manifest(folder)["format"] == _FORMAT)
    except (RequestError, KeyError):
        return False


def _where_made(folder: Path) -> Path:
    """Where a new folder is first written: inside the folder if that is kept, otherwise next to it."""
    return folder if _stays(folder) else folder.parent


def _stays(folder: Path) -> bool:
    """Whether the folder is kept and filled: if it is empty, or a shell's working directory."""
    return folder.exists() and (not any(folder.iterdir()) or folder.samefile(Path.cwd()))


def _put_in_place(new: Path, folder: Path) -> None:
    """Rename a new folder into place, so that it is never half there; fill one that is kept."""
    if new.parent == folder:
        _fill(folder, new)
        return
    new.chmod(FOLDER_MODE)
    if not folder.exists():
        new.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old)


def _fill(folder: Path, new: Path) -> None:
    """Replace a folder's contents by those of ``new``, a subfolder of it; restore them on failure."""
    moved: list[tuple[Path, Path]] = []
    old = Path(tempfile.mkdtemp(prefix=".old-", dir=new))
    before = [path for path in folder.iterdir() if path != new]
    after = [path for path in new.iterdir() if path != old]
    try:
        for source, target in (*((path, old) for path in before), *((path, folder) for path in after)):
            source.rename(target / source.name)
            moved.append((target / source.name, source))
    except OSError:
        for now, then in reversed(moved):
            now.rename(then)
        raise


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        manifest = json.loads(read_file(folder / MANIFEST))
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{folder / MANIFEST} is not JSON") from error
    if not isinstance(manifest, dict):
        raise RequestError(f"{folder / MANIFEST} is not a JSON object")
    return manifest


def _identity(folder: Path, name: str, certificates: str) -> Identity:
    chain, key = (
        read_bundle(read_file(path), str(path)) for path in (folder / certificates, folder / f"{name}.key")
    )
    held = replace(chain, private_key=key.private_key)
    return held.identity(f"{certificates} with {name}.key in {folder}")
