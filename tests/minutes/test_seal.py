"""The sealed file: what it carries, who can check it, and what happens when a process dies."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import shutil
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pypdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlalchemy import func, select

from portal.actions import service as actions
from portal.actions.models import ActionItem
from portal.core import files, signing
from portal.core.db import db, transaction
from portal.core.signing import Integrity, SealUnusable
from portal.documents import jobs as document_jobs
from portal.documents import verification
from portal.documents.models import Document
from portal.documents.verification import Standing
from portal.minutes import service
from portal.minutes.models import MinutesStatus
from tests.minutes import make


def stored(language: str = "ko", version: int = 1) -> bytes:
    held = db.session.scalars(
        select(Document).where(Document.language == language, Document.version == version)
    ).one()
    return files.load(held.pdf_sha256)


def test_the_file_carries_the_accepted_text_and_the_event(companies, cast, at):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    for language in ("ko", "en"):
        attached = pypdf.PdfReader(io.BytesIO(stored(language))).attachments
        [text] = attached["agreed.json"]
        assert hashlib.sha256(text).hexdigest() == minutes.content_hash
        assert json.loads(text)["consultation"]["serial"] == "Telegram 2026-01"
        [event] = icalendar.Calendar.from_ical(attached["consultation.ics"][0]).walk("VEVENT")
        assert event["DTSTART"].dt == minutes.consultation.starts_at
    # PDF/A-3 is PDF 1.7, sealed or not.
    assert stored().startswith(b"%PDF-1.7") and b"/Version /2.0" not in stored()


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler-utils are not installed")
def test_poppler_finds_the_signature_valid_and_a_changed_byte_not(companies, cast, at, tmp_path):
    make.adopted(companies["telegram"], cast, at=at)
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(stored())
    changed = bytearray(stored())
    changed[500] ^= 1
    bad.write_bytes(bytes(changed))
    said = [
        subprocess.run(["pdfsig", str(file)], capture_output=True, text=True).stdout
        for file in (good, bad)
    ]
    assert "Signature is Valid." in said[0]
    assert "Total document signed" in said[0]
    assert "ETSI.CAdES.detached" in said[0]
    assert "Signature is Valid." not in said[1]


def test_a_file_is_ours_changed_or_unknown(companies, cast, at):
    make.adopted(companies["telegram"], cast, at=at)
    whole = stored()
    ours = verification.examine(whole)
    assert (ours.standing, ours.version, ours.is_superseded) == (Standing.ISSUED, 1, False)
    assert (ours.is_sealed, ours.is_seal_valid, ours.language) == (True, True, "ko")

    changed = bytearray(whole)
    changed[500] ^= 1
    for forged in (bytes(changed), whole + b"\n% one more line", whole + b"%%EOF\n"):
        assert verification.examine(forged).standing is Standing.CHANGED
    for strange in (b"", b"%PDF-1.7 nonsense %%EOF", b"PK\x03\x04", b"%%EOF" * 5000):
        assert verification.examine(strange).standing is Standing.UNKNOWN


def test_the_verify_page_tells_strangers_nothing_but_that(companies, cast, at, visit):
    make.adopted(companies["telegram"], cast, at=at)
    whole = stored("en")
    held = db.session.scalar(select(func.count(Document.id)))
    for account in (None, cast.rival):
        page = visit(
            account, "POST", "/documents/verify", {"file": (io.BytesIO(whole), "minutes.pdf")}
        )
        text = page.get_data(as_text=True)
        assert "Issued by us, unchanged" in text
        assert "Telegram" not in text.replace("Telegram desk", "")
        assert hashlib.sha256(whole).hexdigest() in text
    changed = whole.replace(b"/Title", b"/Titel", 1)
    page = visit(None, "POST", "/documents/verify", {"file": (io.BytesIO(changed), "x.pdf")})
    assert "Changed after it was issued" in page.get_data(as_text=True)
    empty = visit(None, "POST", "/documents/verify", {})
    assert "Choose the file you want to check." in empty.get_data(as_text=True)
    assert db.session.scalar(select(func.count(Document.id))) == held


def test_the_command_says_the_same(app, companies, cast, at, tmp_path):
    make.adopted(companies["telegram"], cast, at=at)
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(stored())
    bad.write_bytes(stored()[:-3])
    run = app.test_cli_runner().invoke
    said = run(args=["minutes", "verify", str(good), "--json"])
    assert said.exit_code == 0
    assert json.loads(said.output) | {"sha256": ""} == {
        "standing": "issued", "sha256": "", "kind": "minutes", "version": 1, "language": "ko",
        "superseded_by": None, "seal": "valid", "other_signatures": [],
    }  # fmt: skip
    assert run(args=["minutes", "verify", str(bad)]).exit_code == 1
    assert "documents are what they were" in run(args=["documents", "verify"]).output


def test_a_damaged_file_is_named_and_never_handed_out(app, companies, cast, at, visit):
    make.adopted(companies["telegram"], cast, at=at)
    held = db.session.scalars(select(Document).where(Document.language == "en")).one()
    sha256, number = held.pdf_sha256, held.id
    path = Path(app.instance_path) / "files" / sha256[:2] / sha256
    content = bytearray(path.read_bytes())
    content[900] ^= 1
    path.write_bytes(bytes(content))

    page = visit(cast.delegate, "GET", f"/documents/{number}.pdf")
    assert page.status_code == 500
    assert "This file is damaged" in page.get_data(as_text=True)
    said = app.test_cli_runner().invoke(args=["documents", "verify"])
    assert said.exit_code == 1
    assert f"The stored file {sha256} was changed on disk." in said.output

    path.write_bytes(stored("ko"))  # other bytes of ours are not these bytes either
    assert visit(cast.delegate, "GET", f"/documents/{number}.pdf").status_code == 500


def test_frozen_content_changed_in_the_database_is_named(app, companies, cast, at):
    make.adopted(companies["telegram"], cast, at=at)
    held = db.session.scalars(select(Document).where(Document.language == "en")).one()
    with transaction():
        held.content = held.content | {"doc_lead": "Something else"}
    said = app.test_cli_runner().invoke(args=["documents", "verify"])
    assert "what was frozen in the database was changed" in said.output


def test_killed_between_acceptance_and_printing(companies, cast, at):
    """What the last acceptance stored is all there is; the clock makes the PDFs, once."""
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    for account in (cast.head, cast.delegate):
        with transaction():
            actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(), at=at
            )
    db.session.expire_all()  # the process is gone, with everything it had in its hands
    with transaction():
        companies["telegram"].name_en = "Renamed"
    assert minutes.status is MinutesStatus.ADOPTED
    assert db.session.scalar(select(func.count(ActionItem.id))) == 2
    for _again in range(2):
        document_jobs.print_waiting(at + timedelta(minutes=1))
    prints = db.session.scalars(select(Document).order_by(Document.id)).all()
    assert [(d.language, d.version, d.is_printed) for d in prints] == [
        ("ko", 1, True),
        ("en", 1, True),
    ]
    text = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(stored("en"))).pages)
    assert "Renamed" not in text
    assert verification.examine(stored("en")).standing is Standing.ISSUED


def test_what_is_not_printed_yet_is_no_damage(app, companies, cast, at):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    for account in (cast.head, cast.delegate):
        with transaction():
            actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(), at=at
            )

    said = app.test_cli_runner().invoke(args=["documents", "verify"])
    assert said.exit_code == 0
    assert "2 documents are what they were.\nOf 2 the PDF is not made yet" in said.output

    held = db.session.scalars(select(Document).where(Document.language == "en")).one()
    with transaction():
        held.content = held.content | {"doc_lead": "Something else"}
    said = app.test_cli_runner().invoke(args=["documents", "verify"])
    assert said.exit_code == 1
    assert "what was frozen in the database was changed" in said.output


def test_whoever_opens_it_first_prints_it(companies, cast, at, visit):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    for account in (cast.head, cast.delegate):
        with transaction():
            actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(), at=at
            )
    held = db.session.scalars(select(Document).where(Document.language == "ko")).one()
    first = visit(cast.delegate, "GET", f"/documents/{held.id}.pdf")
    second = visit(cast.officer, "GET", f"/documents/{held.id}.pdf")
    assert first.status_code == second.status_code == 200
    assert first.data == second.data


def certificate(
    name: str, *, for_stamps: bool = False
) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.now(UTC) - timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
    )
    if for_stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return key, builder.sign(key, hashes.SHA256())


def in_a_file(path: Path, name: str, passphrase: bytes = b"open") -> Path:
    key, held = certificate(name)
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"x", key, held, None, serialization.BestAvailableEncryption(passphrase)
        )
    )
    return path


def test_a_real_seal_from_a_file_takes_the_place_of_the_local_one(
    app, companies, cast, at, tmp_path
):
    make.adopted(companies["telegram"], cast, at=at)
    before = stored()
    app.config["SEAL_PKCS12"] = str(in_a_file(tmp_path / "seal.p12", "The institution"))
    app.config["SEAL_PASSPHRASE"] = "open"
    make.adopted(companies["x"], cast, at=at)
    held = db.session.scalars(
        select(Document).where(Document.company_id == companies["x"].id)
    ).all()
    [signature] = signing.signatures(files.load(held[0].pdf_sha256))
    assert (signature.signer, signature.integrity) == ("The institution", Integrity.WHOLE)
    assert signature.fingerprint == held[0].seal_fingerprint
    # What the old seal signed stays ours.
    assert verification.examine(before).is_seal_valid

    app.config["SEAL_PASSPHRASE"] = "wrong"
    with pytest.raises(SealUnusable, match="SEAL_PASSPHRASE does not open it"):
        signing.sign(before, at=at, reason="-")
    app.config["SEAL_PKCS12"] = str(tmp_path / "nowhere.p12")
    with pytest.raises(SealUnusable, match="cannot be read"):
        signing.sign(before, at=at, reason="-")


class Stamps(http.server.BaseHTTPRequestHandler):
    """A time-stamp server (RFC 3161) on loopback."""

    authority: object

    def do_POST(self) -> None:
        from asn1crypto import tsp

        asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.authority.request_tsa_response(asked).dump()
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words: object) -> None:
        pass


def test_a_time_stamp_stands_beside_and_a_silent_server_stops_nothing(app, companies, cast, at):
    from asn1crypto import keys
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.timestamps import DummyTimeStamper

    key, held = certificate("Stamps", for_stamps=True)
    plain = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    stamped_at = datetime(2026, 3, 2, 1, 5, tzinfo=UTC)
    Stamps.authority = DummyTimeStamper(
        asn1_x509.Certificate.load(held.public_bytes(serialization.Encoding.DER)),
        keys.PrivateKeyInfo.load(plain),
        fixed_dt=stamped_at,
    )
    server = http.server.HTTPServer(("127.0.0.1", 0), Stamps)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        app.config["SEAL_TIME_STAMPS"] = f"http://127.0.0.1:{server.server_port}"
        make.adopted(companies["telegram"], cast, at=at)
        [signature] = signing.signatures(stored())
        assert (signature.is_time_stamped, signature.signed_at) == (True, stamped_at)
    finally:
        server.shutdown()
        server.server_close()
    make.adopted(companies["x"], cast, at=at)  # nobody listens there any more
    held_x = db.session.scalars(
        select(Document).where(Document.company_id == companies["x"].id)
    ).first()
    [signature] = signing.signatures(files.load(held_x.pdf_sha256))
    assert (signature.is_time_stamped, signature.integrity) == (False, Integrity.WHOLE)


def test_the_local_seal_is_its_owners_alone(app, companies, cast, at):
    make.adopted(companies["telegram"], cast, at=at)
    path = Path(app.instance_path) / "seal.p12"
    assert path.stat().st_mode & 0o777 == 0o600
    assert service.frozen(make.adopted(companies["x"], cast, at=at))["ko"].seal_fingerprint == (
        db.session.scalars(select(Document.seal_fingerprint)).first()
    )
