"""The next consultation knows what became of the minutes before."""

from __future__ import annotations

import io
from datetime import timedelta

import pypdf
import pytest
from sqlalchemy import select

from portal.agendas import document as agenda_document
from portal.agendas import service as agendas
from portal.agendas.models import AgendaItem, ItemKind
from portal.consultations.models import ConsultationStatus
from portal.consultations.service import previous_minutes
from portal.core import files
from portal.core.db import db, transaction
from portal.core.i18n import spoken
from portal.documents.models import Document, DocumentKind
from portal.documents.printing import print_missing
from portal.minutes import drafting, service
from tests.errata.test_errata import agreed
from tests.minutes import make


def text_of(pdf):
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def the_next(companies, cast, at):
    """The second consultation, four weeks later, with the standing item about the first."""
    consultation = make.held(companies["telegram"], cast, at=at + timedelta(days=28), number=2)
    with transaction():
        item = db.session.scalars(
            select(AgendaItem).where(AgendaItem.consultation_id == consultation.id)
        ).first()
        item.kind = ItemKind.CONFIRM_MINUTES
    return consultation


@pytest.mark.parametrize("language", ["en", "ko"])
def test_both_documents_say_what_became_of_the_minutes_before(companies, cast, at, language):
    expected = {
        "en": (
            "Minutes of Telegram 2026-01: not adopted yet.",
            "Minutes of Telegram 2026-01: adopted on Mon 2 Mar 2026, 10:00, version 1 in force.",
            "Minutes of Telegram 2026-01: adopted on Mon 2 Mar 2026, 10:00, version 2 in force.",
        ),
        "ko": (
            "Telegram 2026-01 회의록: 아직 채택되지 않음.",
            "Telegram 2026-01 회의록: 2026년 3월 2일 (월) 10:00 채택, 현재 제1판 유효.",
            "Telegram 2026-01 회의록: 2026년 3월 2일 (월) 10:00 채택, 현재 제2판 유효.",
        ),
    }[language]
    first = make.reconciled(companies["telegram"], cast, at=at)
    second = the_next(companies, cast, at)
    with spoken(language):
        assert previous_minutes(second) == expected[0]
    from portal.actions import service as actions

    for account in (cast.head, cast.delegate):
        with transaction():
            actions.accept_minutes(
                first, content_hash=first.content_hash, by=account.as_actor(), at=at
            )
    with transaction():
        second.status = ConsultationStatus.SCHEDULED
        version = agendas.publish(second, by=cast.officer.as_actor(), at=at)
        agenda_document.keep(version, second, at=at)
    printed = db.session.scalars(
        select(Document).where(Document.kind == DocumentKind.AGENDA, Document.language == language)
    ).one()
    print_missing(printed)
    assert expected[1] in text_of(files.load(printed.pdf_sha256))
    with transaction():
        service.print_adopted(first)
    agreed(first, cast, at + timedelta(days=3))
    with transaction():
        second.status = ConsultationStatus.HELD
        minutes = drafting.open_minutes(second, by=cast.officer.as_actor(), at=at)
    assert expected[2] in text_of(service.draft_pdf(minutes, language=language, at=at))
    with spoken(language):
        assert previous_minutes(first.consultation) == ""
