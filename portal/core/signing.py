"""The institution's seal on a PDF: a PAdES signature (ETSI EN 319 142), made and read with pyHanko.

The seal is a key with its certificate: one of this installation, made on first use, or the
institution's own from a PKCS#12 file or a PKCS#11 token. A signature is appended to the file:
the bytes that were printed stay its beginning.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import secrets
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from flask import current_app

T = TypeVar("T")
log = logging.getLogger(__name__)
FIELD = "InstitutionSeal"
YEARS_VALID = 20
STAMP_SECONDS = 10
MOST_SIGNATURES = 20


class SealUnusable(Exception):
    """The seal cannot be read or used; the sentence names the setting and the remedy."""


class Integrity(StrEnum):
    """What a signature proves about the file it stands in."""

    WHOLE = "whole"
    """Nothing was added or changed after it."""
    EXTENDED = "extended"
    """Only what a signature permits was added after it, such as another signature."""
    BROKEN = "broken"
    """What it covers was changed, or something was added that no signature permits."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a file. `fingerprint` is the SHA-256 of the signer's certificate."""

    signer: str
    fingerprint: str
    integrity: Integrity
    signed_at: datetime | None
    is_time_stamped: bool
    is_last: bool
    """Whether it covers the file to its last byte."""


def sign(pdf: bytes, *, at: datetime, reason: str) -> tuple[bytes, str]:
    """The file with the institution's seal and the fingerprint of the seal's certificate.

    `at` stands in the signature; where a time-stamp server is configured (RFC 3161) its own time
    stands beside it. A server that does not answer is logged: the record does not wait for it.
    Refused with `SealUnusable` where the seal cannot be read.
    """
    with _Seal() as signer:
        address = current_app.config.get("SEAL_TIME_STAMPS", "")
        try:
            signed = _apart(lambda: _signed(pdf, signer, at, reason, address))
        except _StampMissing as missing:
            log.warning("No time-stamp from %s: %s", address, missing)
            signed = _apart(lambda: _signed(pdf, signer, at, reason, ""))
        return signed, hashlib.sha256(signer.signing_cert.dump()).hexdigest()


def problem() -> str:
    """Why the seal cannot be used; empty where it can."""
    try:
        with _Seal():
            return ""
    except SealUnusable as unusable:
        return str(unusable)


def signatures(pdf: bytes) -> list[Signature]:
    """What the signatures of a file say, the oldest first. What is no readable PDF has none.

    Whether a signer is trusted is not judged here: compare the fingerprint with a known one.
    """
    return _apart(lambda: _read(pdf))


def _apart(work: Callable[[], T]) -> T:
    # pyHanko runs an event loop of its own, which a thread that has one already refuses.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


class _StampMissing(Exception):
    """The time-stamp server gave none."""


def _signed(pdf: bytes, signer: Any, at: datetime, reason: str, address: str) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    class Dated(PdfSigner):  # type: ignore[misc]
        """Signs at the portal's time: it has one clock, which a test may stop."""

        def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
            session = super().init_signing_session(*args, **kwargs)
            session.system_time = at.astimezone(UTC).replace(microsecond=0)
            return session

    class OfPdfA3(IncrementalPdfFileWriter):  # type: ignore[misc]
        """PDF/A-3 is PDF 1.7; for a signature on an elliptic curve pyHanko would call it 2.0."""

        def ensure_output_version(self, version: tuple[int, int]) -> None:
            super().ensure_output_version(min(version, (1, 7)))

    made = io.BytesIO()
    Dated(
        PdfSignatureMetadata(
            field_name=FIELD,
            reason=reason,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
        ),
        signer,
        timestamper=_stamper(address) if address else None,
    ).sign_pdf(OfPdfA3(io.BytesIO(pdf)), output=made)
    return made.getvalue()


def _stamper(address: str) -> Any:
    from asn1crypto import tsp
    from pyhanko.sign.timestamps import TimeStamper

    class Stamper(TimeStamper):  # type: ignore[misc]
        """Asks a server for a time-stamp (RFC 3161 over HTTP)."""

        async def async_request_tsa_response(self, req: Any) -> Any:
            asked = urllib.request.Request(
                address, req.dump(), {"Content-Type": "application/timestamp-query"}
            )
            try:
                with urllib.request.urlopen(asked, timeout=STAMP_SECONDS) as answer:
                    return tsp.TimeStampResp.load(answer.read(1_000_000))
            except (OSError, ValueError) as problem:
                raise _StampMissing(str(problem)) from problem

        async def async_timestamp(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return await super().async_timestamp(*args, **kwargs)
            except _StampMissing:
                raise
            except Exception as problem:  # whatever a server answers, the record does not wait
                raise _StampMissing(str(problem)) from problem

        async def async_dummy_response(self, md_algorithm: str) -> Any:
            try:
                return await super().async_dummy_response(md_algorithm)
            except _StampMissing:
                raise
            except Exception as problem:
                raise _StampMissing(str(problem)) from problem

    return Stamper()


def _read(pdf: bytes) -> list[Signature]:
    from pyhanko.pdf_utils.reader import PdfFileReader

    # It prints a traceback for every certificate it has no reason to trust; whom to trust is
    # decided by fingerprint.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    try:
        embedded = PdfFileReader(io.BytesIO(pdf), strict=False).embedded_signatures
        found = list(embedded)[:MOST_SIGNATURES]
    except Exception:  # a hostile file may break a parser in any way; it then has no signature
        log.debug("No signature could be read.", exc_info=True)
        return []
    return [one for one in map(_judged, found) if one is not None]


def _judged(embedded: Any) -> Signature | None:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    try:
        certificate = embedded.signer_cert
        name, fingerprint = certificate.subject.native, certificate.sha256.hex()
    except Exception:
        log.debug("A signature without a readable certificate.", exc_info=True)
        return None
    signer = str(name.get("common_name") or name.get("organization_name") or "")[:200]
    integrity, signed_at, stamped, last = Integrity.BROKEN, None, False, False
    try:
        status = validate_pdf_signature(
            embedded, ValidationContext(trust_roots=[], allow_fetching=False)
        )
        last = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
        if status.intact and status.valid:
            if last:
                integrity = Integrity.WHOLE
            elif status.docmdp_ok:
                integrity = Integrity.EXTENDED
        stamp = status.timestamp_validity
        stamped = bool(stamp and stamp.intact and stamp.valid)
        signed_at = stamp.timestamp if stamp and stamped else status.signer_reported_dt
    except Exception:
        log.debug("A signature that cannot be validated.", exc_info=True)
    return Signature(signer, fingerprint, integrity, signed_at, stamped, last)


class _Seal:
    """The signer that is configured, for as long as it is needed."""

    def __enter__(self) -> Any:
        self._close: Callable[[], None] = lambda: None
        config = current_app.config
        if config.get("SEAL_PKCS11"):
            return self._token(config)
        return self._file(config)

    def __exit__(self, *problem: object) -> None:
        self._close()

    def _file(self, config: Any) -> Any:
        from pyhanko.sign.signers import SimpleSigner

        given = config.get("SEAL_PKCS12", "")
        path = Path(given) if given else Path(current_app.instance_path) / "seal.p12"
        if not given:
            _make_once(path)
        try:
            signer = SimpleSigner.load_pkcs12_data(
                path.read_bytes(),
                other_certs=[],
                passphrase=str(config.get("SEAL_PASSPHRASE", "")).encode() if given else None,
            )
        except OSError as problem:
            raise SealUnusable(
                f"SEAL_PKCS12: {path} cannot be read ({problem.strerror})."
            ) from problem
        except ValueError as problem:
            raise SealUnusable(
                f"SEAL_PKCS12: {path} is no PKCS#12 file, or SEAL_PASSPHRASE does not open it."
            ) from problem
        return signer

    def _token(self, config: Any) -> Any:
        try:
            from pyhanko.config.pkcs11 import TokenCriteria
            from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
        except ImportError as missing:
            raise SealUnusable(
                "SEAL_PKCS11 needs the package python-pkcs11: pip install python-pkcs11"
            ) from missing
        try:
            session = open_pkcs11_session(
                config["SEAL_PKCS11"],
                token_criteria=TokenCriteria(label=config.get("SEAL_TOKEN") or None),
                user_pin=str(config.get("SEAL_PIN", "")),
            )
        except Exception as problem:
            raise SealUnusable(
                f"SEAL_PKCS11: the token {config.get('SEAL_TOKEN')!r} cannot be opened"
                f" ({type(problem).__name__}). Check SEAL_PKCS11, SEAL_TOKEN and SEAL_PIN."
            ) from problem
        self._close = session.close
        return PKCS11Signer(session, cert_label=config.get("SEAL_LABEL") or None)


def _make_once(path: Path) -> None:
    """A key and certificate of this installation, readable by its owner only."""
    if path.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Consultation portal"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Seal of this installation"),
        ]
    )
    begin = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=366 * YEARS_VALID))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=True, key_encipherment=False,
                data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
                encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    whole = pkcs12.serialize_key_and_certificates(
        b"seal", key, certificate, None, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked into place, as the other secrets: of two processes one wins.
    aside = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(whole)
    with suppress(FileExistsError):
        os.link(aside, path)
    aside.unlink()
