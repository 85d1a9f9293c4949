"""Embargo, public version, and the company's own signature."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pypdf
import pytest
from sqlalchemy import func, select

from portal.core import files, pdf
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from portal.documents import verification
from portal.documents.models import Document, DocumentKind, Embargo
from portal.documents.verification import Standing
from portal.minutes import service as minutes_service
from portal.publications import jobs, redaction, service
from portal.publications.models import Countersignature, PublicStatus, PublicVersion
from tests.errata import test_errata as errata
from tests.minutes import make
from tests.minutes.test_seal import in_a_file

UNTIL = datetime(2026, 3, 5, 9, 0)


def held(kind=DocumentKind.MINUTES, language="en"):
    return db.session.scalars(
        select(Document).where(Document.kind == kind, Document.language == language)
    ).first()


def under_embargo(minutes, cast, at, *readers, until=UNTIL):
    with transaction():
        service.embargo(
            minutes, until_wall=until, reason="Talks go on", readers=[one.id for one in readers],
            by=cast.head.as_actor(), at=at,
        )  # fmt: skip


def test_only_who_is_named_sees_it_until_the_clock_lifts_it(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    under_embargo(minutes, cast, at, cast.delegate)
    document = held()
    paths = (
        f"/minutes/{minutes.id}",
        f"/documents/{document.id}.pdf",
        f"/minutes/{minutes.id}/files",
    )
    for path in paths:
        for named in (cast.head, cast.delegate, cast.auditor):
            assert visit(named, "GET", path).status_code == 200, (path, named.email)
        for other in (cast.officer, cast.company_admin, cast.commissioner, cast.rival):
            assert visit(other, "GET", path).status_code == 404, (path, other.email)
    for other in (cast.officer, cast.company_admin, cast.commissioner):
        for page in ("/minutes/", "/documents/"):
            listed = visit(other, "GET", page)
            assert listed.status_code == 404 or "Telegram 2026-01" not in listed.get_data(
                as_text=True
            )

    jobs.lift_embargoes(at + timedelta(days=1))
    assert minutes.embargo_id is not None
    jobs.lift_embargoes(datetime(2026, 3, 5, 0, 0, tzinfo=at.tzinfo))  # 09:00 in Seoul
    db.session.refresh(minutes)
    assert minutes.embargo_id is None
    for path in paths:
        for everybody in (cast.officer, cast.company_admin, cast.commissioner):
            assert visit(everybody, "GET", path).status_code == 200
        assert visit(cast.rival, "GET", path).status_code == 404
    assert db.session.scalars(select(Embargo)).one().lifted_at is not None


def test_an_embargo_before_adoption_holds_for_what_is_printed_then(companies, cast, at, visit):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    under_embargo(minutes, cast, at, cast.delegate)
    written = db.session.scalar(select(func.max(Letter.id)))
    from portal.actions import service as actions

    for account in (cast.head, cast.delegate):
        with transaction():
            actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(), at=at
            )
    with transaction():
        minutes_service.print_adopted(minutes)
    document = held()
    assert document.embargo_id == minutes.embargo_id
    assert visit(cast.company_admin, "GET", f"/documents/{document.id}.pdf").status_code == 404
    about = db.session.scalars(
        select(Letter.address).where(Letter.id > written, Letter.kind.like("minutes:%"))
    ).all()
    assert set(about) <= {cast.head.email, cast.delegate.email}
    # The file itself tells nobody more than it did.
    assert verification.examine(files.load(document.pdf_sha256)).standing is Standing.ISSUED


def test_lists_and_histories_keep_an_embargo(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    under_embargo(minutes, cast, at, cast.delegate)
    history = f"/consultations/{minutes.consultation_id}/history"
    pages = (history, "/decisions/", "/search?q=Checked", "/documents/", "/minutes/")
    for account in (cast.officer, cast.company_admin, cast.commissioner):
        for path in pages:
            shown = visit(account, "GET", path).get_data(as_text=True)
            for word in ("Talks go on", "Checked every month", minutes.content_hash):
                assert word not in shown, (account.email, path, word)
    named = visit(cast.delegate, "GET", "/decisions/").get_data(as_text=True)
    assert "Checked every month" in named
    assert "Talks go on" in visit(cast.head, "GET", history).get_data(as_text=True)
    assert "Talks go on" not in visit(cast.delegate, "GET", history).get_data(as_text=True)


def test_letters_about_it_are_read_by_those_it_names_and_by_whom_they_went_to(
    companies, cast, at, visit
):
    minutes = make.adopted(companies["telegram"], cast, at=at)

    def letters_seen_by(account):
        return visit(account, "GET", "/outbox").text.count("Telegram 2026-01")

    before = letters_seen_by(cast.company_admin)
    assert before > 0
    assert letters_seen_by(cast.officer) > 0
    under_embargo(minutes, cast, at, cast.head)
    assert letters_seen_by(cast.company_admin) < before
    assert letters_seen_by(cast.delegate) > 0  # what one was told one was told
    assert letters_seen_by(cast.head) > letters_seen_by(cast.officer)
    assert letters_seen_by(cast.rival) == 0


def test_an_officer_who_is_not_named_opens_no_second_record(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    under_embargo(minutes, cast, at, cast.delegate)
    answer = visit(cast.officer, "POST", f"/consultations/{minutes.consultation_id}/minutes")
    assert "open already" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"until": "2026-03-01T09:00", "reason": "x"}, "This time has passed"),
        ({"until": "2026-03-05T09:00", "reason": " "}, "Say why"),
        ({"until": "", "reason": "x"}, "no such date"),
        ({"until": "0001-01-01T00:00", "reason": "x"}, "Give a date"),
        ({"until": "2026-02-30T09:00", "reason": "x"}, "no such date"),
        ({"until": "2026-03-05T09:00", "reason": "010-1234-5678"}, "phone"),
    ],
)
def test_an_embargo_that_cannot_be(companies, cast, at, visit, data, words):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    page = visit(cast.head, "POST", f"/minutes/{minutes.id}/embargo", data).get_data(as_text=True)
    assert words in page
    assert db.session.scalar(select(func.count(Embargo.id))) == 0


def test_people_of_another_company_can_never_be_named(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    page = visit(cast.head, "GET", f"/minutes/{minutes.id}/embargo").get_data(as_text=True)
    assert "Representative, X" not in page
    with pytest.raises(FieldError, match="from the list"):
        under_embargo(minutes, cast, at, cast.rival)


def everything_in(document):
    content = files.load(document.pdf_sha256)
    reader = pypdf.PdfReader(io.BytesIO(content))
    return content, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def prepared(minutes, cast, at, *passages, names=True):
    with transaction():
        return service.prepare(
            minutes, passages, is_without_names=names, by=cast.officer.as_actor(), at=at
        )


def test_what_is_removed_is_in_no_part_of_the_file(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    version = prepared(minutes, cast, at, "The channel was discussed", "창구를 논의하였다")
    for language in ("ko", "en"):
        document = held(DocumentKind.MINUTES_PUBLIC, language)
        content, text = everything_in(document)
        assert redaction.MARK in text
        for secret in ("The channel was discussed", "창구를 논의하였다", cast.delegate.name_en):
            assert secret not in text
            assert not redaction.found_in_pdf(content, [secret])
            assert not redaction.found_in_content(document.content, [secret])
        assert {"ko": "아래 SHA-256", "en": "SHA-256 below"}[language] not in text
        assert minutes.content_hash not in text  # a short passage could be guessed from it
        assert not pypdf.PdfReader(io.BytesIO(content)).attachments
    assert "The time was discussed." in everything_in(held(DocumentKind.MINUTES_PUBLIC))[1]

    public = held(DocumentKind.MINUTES_PUBLIC)
    path = f"/documents/{public.id}.pdf"
    for other in (cast.delegate, cast.commissioner, cast.rival):
        assert visit(other, "GET", path).status_code == 404
    assert visit(cast.officer, "POST", f"/public-versions/{version.id}/release").status_code == 404
    visit(cast.head, "POST", f"/public-versions/{version.id}/release")
    for other in (cast.delegate, cast.commissioner):
        assert visit(other, "GET", path).status_code == 200
    assert visit(cast.rival, "GET", path).status_code == 404
    shown = visit(cast.delegate, "GET", f"/minutes/{minutes.id}/files").get_data(as_text=True)
    assert "The channel was discussed" not in shown
    assert verification.examine(files.load(public.pdf_sha256)).kind == "minutes_public"


def test_what_was_never_released_is_not_issued_and_what_was_corrected_is_superseded(
    companies, cast, at, visit
):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    version = prepared(minutes, cast, at, "The channel was discussed")
    content = files.load(held(DocumentKind.MINUTES_PUBLIC).pdf_sha256)
    assert not verification.examine(content).is_ours
    with pytest.raises(Refused, match="prepared already"):
        prepared(minutes, cast, at)
    visit(cast.head, "POST", f"/public-versions/{version.id}/release")
    verdict = verification.examine(content)
    assert (verdict.standing, verdict.is_superseded) == (Standing.ISSUED, False)
    errata.agreed(minutes, cast, at)
    assert verification.examine(content).is_superseded


def test_nothing_but_our_own_seal_shows_that_a_file_was_only_signed(
    app, companies, cast, at, tmp_path
):
    """Our bytes, another page put over them, the seal's field taken out, signed twice by anybody."""
    minutes = make.adopted(companies["telegram"], cast, at=at)
    original = files.load(held().pdf_sha256)
    forged = signed_by(app, tmp_path, painted_over(original), at, name="One")
    forged = signed_by(app, tmp_path, forged, at, name="Two", field="Second")
    assert verification.examine(forged).standing is Standing.CHANGED
    with pytest.raises(FieldError, match="Something other than a valid signature"), transaction():
        service.countersign(minutes, forged, by=cast.delegate.as_actor(), at=at)

    agenda = db.session.scalars(
        select(Document).where(Document.is_sealed.is_(False), Document.pdf_sha256.is_not(None))
    ).first()
    if agenda is not None:
        unsealed = signed_by(app, tmp_path, painted_over(files.load(agenda.pdf_sha256)), at)
        assert not verification.examine(unsealed).is_ours


def painted_over(content):
    """The file with other words on its first page and without its forms, in an update behind it."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    while "/Kids" in page:
        page = page["/Kids"][0].get_object()
    other = generic.StreamObject(stream_data=b"BT (The company owes nothing.) Tj ET")
    page["/Contents"] = writer.add_object(other)
    page.pop("/Annots", None)
    writer.mark_update(page.container_ref)
    writer.root.pop("/AcroForm", None)
    writer.update_root()
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_a_released_version_is_for_everybody(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    version = prepared(minutes, cast, at, "The channel was discussed", names=False)
    public = held(DocumentKind.MINUTES_PUBLIC)
    path = f"/published/{public.pdf_sha256}.pdf"
    assert visit(None, "GET", path).status_code == 410
    assert public.pdf_sha256 not in visit(None, "GET", "/published/").text
    visit(cast.head, "POST", f"/public-versions/{version.id}/release")
    for anybody in (None, cast.rival, cast.operator):
        assert path in visit(anybody, "GET", "/published/").text
        assert visit(anybody, "GET", path).data == files.load(public.pdf_sha256)
    # What is no public version has no such address, whatever its hash.
    assert visit(None, "GET", f"/published/{held().pdf_sha256}.pdf").status_code == 410

    newer = prepared(minutes, cast, at, "The channel was discussed", names=True)
    visit(cast.head, "POST", f"/public-versions/{newer.id}/release")
    listed = visit(None, "GET", "/published/").text
    assert path not in listed
    assert listed.count(".pdf") == 2
    assert visit(None, "GET", path).status_code == 200  # quoted addresses stay

    under_embargo(minutes, cast, at, cast.delegate)
    assert ".pdf" not in visit(None, "GET", "/published/").text
    assert visit(None, "GET", path).status_code == 410


def test_the_search_finds_what_another_program_left_in(app, at):
    """The search has to be able to fail: each place of a PDF is found."""
    html = (
        "<html lang='en'><head><title>Title of secret one</title></head><body>"
        "<h1>Heading</h1><p>Text of sec\u00adret  two</p></body></html>"
    )
    made = pdf.render(
        html, made_at=at, identifier=b"x" * 16,
        attachments=[pdf.Attachment("a.txt", b"Attached secret three", "Told in secret four")],
    )  # fmt: skip
    places = {
        secret: {place for _secret, place in redaction.found_in_pdf(made, [secret])}
        for secret in ("secret one", "SECRET TWO", "secret three", "secret four", "secret five")
    }
    assert "metadata" in places["secret one"]
    assert "text" in places["SECRET TWO"]
    assert "attachments" in places["secret three"]
    assert "structure" in places["secret four"]
    assert places["secret five"] == set()


@pytest.mark.parametrize(
    ("written", "passage"),
    [
        ("The **secret** plan", "The secret plan"),
        ("The se\u200bcret plan", "secret"),
        ("Ｔｈｅ ｓｅｃｒｅｔ plan", "the secret"),
    ],
)
def test_what_a_mark_or_another_letter_hides_refuses_the_version(
    companies, cast, at, written, passage
):
    minutes = make.drafted(companies["telegram"], cast, at=at)
    make.write(minutes.items[0], cast, at=at, ko="비밀", en=written)
    from portal.actions import service as actions

    with transaction():
        minutes_service.submit_for_review(minutes, by=cast.officer.as_actor(), at=at)
        minutes_service.release(minutes, by=cast.head.as_actor(), at=at)
    make.agree(minutes, cast.delegate, at=at)
    with transaction():
        minutes_service.reconcile(minutes, by=cast.officer.as_actor(), at=at)
    for account in (cast.head, cast.delegate):
        with transaction():
            actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(), at=at
            )
    with pytest.raises(FieldError, match="still be found"):
        prepared(minutes, cast, at, passage)
    assert db.session.scalar(select(func.count(PublicVersion.id))) == 0
    assert held(DocumentKind.MINUTES_PUBLIC) is None


def test_a_public_version_that_cannot_be(companies, cast, at):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    with pytest.raises(FieldError, match="does not stand in these minutes"):
        prepared(minutes, cast, at, "was never said")
    with pytest.raises(FieldError, match="too short"):
        prepared(minutes, cast, at, "e")
    under_embargo(minutes, cast, at)
    version = prepared(minutes, cast, at)
    with pytest.raises(Refused, match="Lift the embargo first"), transaction():
        service.release(version, by=cast.head.as_actor(), at=at)
    with transaction():
        service.discard(version, by=cast.officer.as_actor(), at=at)
    with pytest.raises(Refused), transaction():
        service.release(version, by=cast.head.as_actor(), at=at)
    assert version.status is PublicStatus.DISCARDED


def signed_by(app, tmp_path, content, at, name="Legal, Telegram", field="Company"):
    """The file with somebody else's signature behind what is there already."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner

    signer = SimpleSigner.load_pkcs12_data(
        in_a_file(tmp_path / f"{name}.p12", name).read_bytes(), [], b"open"
    )
    made = io.BytesIO()
    PdfSigner(PdfSignatureMetadata(field_name=field), signer).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(content)), output=made
    )
    return made.getvalue()


def test_the_company_signs_the_same_file(app, companies, cast, at, visit, tmp_path):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    original = files.load(held().pdf_sha256)
    both = signed_by(app, tmp_path, original, at)
    verdict = verification.examine(both)
    assert (verdict.standing, verdict.is_seal_valid) == (Standing.COUNTERSIGNED, True)
    assert [one.signer for one in verdict.others] == ["Legal, Telegram"]

    path = f"/minutes/{minutes.id}/countersign"
    for other in (cast.rival, cast.officer):
        assert visit(other, "GET", path).status_code == 404

    def file(content):
        return visit(
            cast.delegate, "POST", path, {"file": (io.BytesIO(content), "signed.pdf")}
        ).get_data(as_text=True)

    assert "without your signature" in file(original)
    assert "not the present version" in file(b"%PDF-1.7 nonsense")
    assert "Something other than a valid signature" in file(original + b"\n%%EOF\n")
    broken = bytearray(both)
    broken[-2000] ^= 1
    assert "Something other than a valid signature" in file(bytes(broken))
    assert db.session.scalar(select(func.count(Countersignature.id))) == 0
    file(both)
    kept = db.session.scalars(select(Countersignature)).one()
    assert kept.signer == "Legal, Telegram"
    assert "kept already" in file(both)
    shown = visit(cast.officer, "GET", f"/countersignatures/{kept.id}.pdf")
    assert shown.data == both
    assert visit(cast.rival, "GET", f"/countersignatures/{kept.id}.pdf").status_code == 404


def test_the_signature_of_the_other_language_or_version_is_another_file(
    app, companies, cast, at, tmp_path
):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    other = make.adopted(companies["x"], cast, at=at)
    foreign = signed_by(app, tmp_path, files.load(held().pdf_sha256), at)
    with pytest.raises(FieldError, match="not the present version"), transaction():
        service.countersign(other, foreign, by=cast.rival.as_actor(), at=at)
    assert minutes.version == 1
