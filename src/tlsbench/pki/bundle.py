"""Read users' files: certificates, keys, CRLs and more in PEM, DER, PKCS #7 and PKCS #12."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import PublicKeyAlgorithmOID

from tlsbench.errors import RequestError
from tlsbench.pki import der
from tlsbench.pki.engine_keys import engine_key_from, rsa_pss_key
from tlsbench.pki.extensions import UNREADABLE, lenient
from tlsbench.pki.foreign import meaning_of, what_it_is
from tlsbench.pki.identity import Identity
from tlsbench.pki.keys import PrivateKey, public_key_of
from tlsbench.pki.pem import Block, read_blocks

#: More than any chain, key and CRL that a user would want to see.
_MOST_BYTES = 64 << 20
#: More lines than base64 of that size has.
_MOST_LINES = 2_000_000
_MOST_NOTES = 20
#: Each costs a copy of the bytes that follow it, and no real file has this many.
_MOST_IN_DER = 1000
_PKCS7_LABELS = ("PKCS7", "PKCS #7 SIGNED DATA", "CMS")
_OF_PKCS7 = "'openssl pkcs7 -print_certs' converts it to what servers and clients load"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The contents of a file. ``encoding`` is ``"PEM"``, ``"DER"``, ``"PKCS #7"`` or ``"PKCS #12"``.

    ``private_key`` is as cryptography loads it; its type may be unsuitable for TLS. If there are several, the
    first counts, as it does for servers. ``notes`` say what in the file was skipped, and on which line.
    """

    encoding: str
    certificates: tuple[x509.Certificate, ...] = ()
    private_key: Any = None
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    requests: tuple[x509.CertificateSigningRequest, ...] = ()
    ocsp_responses: tuple[ocsp.OCSPResponse, ...] = ()
    notes: tuple[str, ...] = ()

    def is_pair(self) -> bool:
        """Whether the private key is that of the first certificate."""
        try:
            return bool(self._key().public_key() == public_key_of(self.certificates[0]))
        except UNREADABLE:
            return False

    def _key(self) -> Any:  # noqa: ANN401 - of any type that cryptography loads
        """The private key, as an RSA-PSS key if the first certificate says that it is one."""
        is_pss = self.certificates[0].public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS
        is_plain = isinstance(self.private_key, rsa.RSAPrivateKey)
        return rsa_pss_key(self.private_key) if is_pss and is_plain else self.private_key

    def identity(self, source: str) -> Identity:
        """The key with its certificates.

        :param source: the name of the bundle in error messages.
        :raises RequestError: if either is missing, the key is not for TLS certificates, or they do not match.
        """
        if self.private_key is None or not self.certificates:
            missing = "certificate" if self.private_key is not None else "private key"
            raise RequestError(f"{source} has no {missing}")
        if not isinstance(self.private_key, PrivateKey):
            raise RequestError(
                f"{source}: {type(self.private_key).__name__} is not a key for TLS certificates"
            )
        if not self.is_pair():
            raise RequestError(f"{source}: the private key is not that of the first certificate")
        return Identity(self._key(), self.certificates)


def read_file(path: Path) -> bytes:
    """Read a file that the user named.

    :raises RequestError: with a one-line message, if it cannot be read or is too large to be a certificate.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise RequestError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise RequestError(f"{path} is larger than {_MOST_BYTES >> 20} MiB: that is not a certificate")
    return data


def read_bundle(data: bytes, source: str, password: str | None = None) -> Bundle:
    """Read the contents of a file in any of the encodings of :class:`Bundle`.

    :param source: its name in error messages.
    :param password: for an encrypted private key or PKCS #12 file.
    :raises RequestError: with a one-line message, if it is malformed, or the password is wrong or missing.
    """
    secret = None if password is None else password.encode(errors="replace")
    if secret is not None and (b"\0" in secret or secret.decode() != password):
        raise RequestError("--password: valid are characters in UTF-8 other than NUL")
    with lenient():
        if (binary := _read_binary(data, source, secret)) is not None:
            return binary
        return _read_pem(data, source, secret)


def _read_pem(data: bytes, source: str, password: bytes | None) -> Bundle:
    if data.count(b"\n") > _MOST_LINES:
        raise RequestError(f"{source} has more than {_MOST_LINES:,} lines: that is not a certificate")
    try:
        blocks, notes = read_blocks(data)
    except RequestError as error:
        raise RequestError(f"{source}, {error}") from error
    if not blocks and not notes:
        raise RequestError(f"{source} {what_it_is(data)}")
    bundle = Bundle(encoding="PEM", notes=notes)
    for block in blocks:
        bundle = _with_block(bundle, block, source, password)
    if bundle.notes and bundle == Bundle(encoding="PEM", notes=bundle.notes):
        raise RequestError(f"{source} has no certificate, key, CRL or signing request: {bundle.notes[0]}")
    if len(blocks) == 1 and blocks[0].label in _PKCS7_LABELS:
        bundle = replace(bundle, encoding="PKCS #7")
    more = len(bundle.notes) - _MOST_NOTES
    if more > 0:
        bundle = replace(bundle, notes=(*bundle.notes[:_MOST_NOTES], f"and {more:,} more of these"))
    return bundle


def _with_block(bundle: Bundle, block: Block, source: str, password: bytes | None) -> Bundle:
    """The bundle with the contents of a block, or with a note on why it was skipped."""
    read = _PEM_READERS.get(block.label)
    if read is None:
        return _noted(bundle, f"line {block.line}: skipped, {meaning_of(block.label)}")
    if block.header and read is not _read_key:
        raise RequestError(f"{source}, line {block.line}: there is a blank line in the {block.label} block")
    cut = f"line {block.cut_in_line}: what is here belongs to no block: the one before has no END line"
    try:
        bundle = read(bundle, block, password)
    except RequestError as error:
        raise RequestError(f"{source}: {error}") from error
    except UnsupportedAlgorithm as error:
        reason = f"a {block.label} of a kind that cryptography does not know ({_reason(error)})"
        raise RequestError(f"{source}, line {block.line}: {reason}") from error
    except UNREADABLE as error:
        if block.cut_in_line:
            raise RequestError(
                f"{source}, line {block.line}: the {block.label} block is cut off in line {block.cut_in_line}"
            ) from error
        raise RequestError(
            f"{source}, line {block.line}: a malformed {block.label} ({_reason(error)})"
        ) from error
    return _noted(bundle, cut) if block.cut_in_line else bundle


def _read_binary(data: bytes, source: str, password: bytes | None) -> Bundle | None:
    """The contents of a binary file; None if it is not one, so that PEM can be tried."""
    first, rest = der.first_element(data)
    if not first:
        return None
    for read, field in _DER_READERS:
        try:
            bundle = Bundle(encoding="DER", **{field: (read(first),)})  # type: ignore[arg-type]
        except UNREADABLE:
            continue
        return _with_more(bundle, rest)
    try:
        return Bundle(
            encoding="PKCS #7", certificates=der.pkcs7_certificates(data), notes=(f"PKCS #7: {_OF_PKCS7}",)
        )
    except UNREADABLE:
        pass
    try:
        if (key := der.private_key(data, password)) is not None:
            return Bundle(encoding="DER", private_key=key)
        store = pkcs12.load_pkcs12(data, password)
        held = ([store.cert] if store.cert is not None else []) + list(store.additional_certs)
        certificates = tuple(der.looked_through(entry.certificate) for entry in held)
    except RequestError as error:
        raise RequestError(f"{source}: {error}") from error
    except UNREADABLE as error:
        if "password" in str(error).lower() or "mac" in str(error).lower():
            raise RequestError(f"{source}: {der.password_problem(password)}") from error
        return None
    return Bundle(encoding="PKCS #12", certificates=certificates, private_key=store.key)


def _with_more(bundle: Bundle, rest: bytes) -> Bundle:
    """The bundle with the certificates that follow its first, and a note on any other bytes after it."""
    found = list(bundle.certificates)
    while rest and 0 < len(found) < _MOST_IN_DER:
        first, after = der.first_element(rest)
        try:
            found.append(der.certificate(first))
        except UNREADABLE:
            break
        rest = after
    bundle = replace(bundle, certificates=tuple(found))
    return _noted(bundle, f"skipped: {len(rest):,} bytes at the end") if rest else bundle


def _read_certificate(bundle: Bundle, block: Block, _password: bytes | None) -> Bundle:
    # OpenSSL ignores what follows the certificate, such as the X509_CERT_AUX of a TRUSTED CERTIFICATE.
    first, rest = der.first_element(block.data)
    certificate = der.certificate(first or block.data)
    bundle = replace(bundle, certificates=(*bundle.certificates, certificate))
    if block.label == "TRUSTED CERTIFICATE":
        what = "a TRUSTED CERTIFICATE, whose trust settings are left out; few programs but OpenSSL read it"
        return _noted(bundle, f"line {block.line}: {what}")
    what = f"skipped, {len(rest):,} bytes after the certificate"
    return _noted(bundle, f"line {block.line}: {what}") if rest else bundle


def _read_crl(bundle: Bundle, block: Block, _password: bytes | None) -> Bundle:
    return replace(bundle, crls=(*bundle.crls, der.revocation_list(block.data)))


def _read_request(bundle: Bundle, block: Block, _password: bytes | None) -> Bundle:
    return replace(bundle, requests=(*bundle.requests, der.request(block.data)))


def _read_pkcs7(bundle: Bundle, block: Block, _password: bytes | None) -> Bundle:
    held = der.pkcs7_certificates(block.data)
    bundle = replace(bundle, certificates=bundle.certificates + held)
    return _noted(bundle, f"line {block.line}: PKCS #7: {_OF_PKCS7}")


def _read_key(bundle: Bundle, block: Block, password: bytes | None) -> Bundle:
    if bundle.private_key is not None:
        return _noted(bundle, f"line {block.line}: skipped, a second private key: programs take the first")
    encrypted = b"ENCRYPTED" in block.header or block.label.startswith("ENCRYPTED")
    if block.label == "PRIVATE KEY" and (own := engine_key_from(block.data)) is not None:
        return replace(bundle, private_key=own)
    try:
        key = load_pem_private_key(block.to_pem(), password if encrypted else None)
    except (TypeError, ValueError) as error:
        if encrypted:
            raise RequestError(der.password_problem(password)) from error
        raise
    return replace(bundle, private_key=key)


def _noted(bundle: Bundle, note: str) -> Bundle:
    return replace(bundle, notes=(*bundle.notes, note))


def _reason(error: Exception) -> str:
    """The first sentence of a library's message: some continue with where to report the error."""
    return str(error).split(". ")[0].split("\n")[0].rstrip(".") or type(error).__name__


_DER_READERS: Final = (
    (der.certificate, "certificates"),
    (der.revocation_list, "crls"),
    (der.request, "requests"),
    (der.ocsp_response, "ocsp_responses"),
)
_Reader = Callable[[Bundle, Block, bytes | None], Bundle]


def _readers(read: _Reader, labels: Iterable[str]) -> dict[str, _Reader]:
    return dict.fromkeys(labels, read)


#: By label, with every label that OpenSSL accepts for each (``check_pem`` in ``crypto/pem/pem_lib.c``).
_PEM_READERS: Final[Mapping[str, _Reader]] = {
    **_readers(_read_certificate, ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")),
    **_readers(_read_crl, ("X509 CRL",)),
    **_readers(_read_request, ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")),
    **_readers(_read_pkcs7, _PKCS7_LABELS),
    **_readers(
        _read_key,
        ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY"),
    ),
}
