"""Reports, evidence and verdicts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.actions.models import ActionStatus
from portal.consultations.models import Side
from portal.core import files
from portal.core.db import transaction
from portal.core.errors import FieldError, Refused
from portal.responses import queries, service
from portal.responses.models import Response, Verdict
from tests.actions import make

LINK = "https://evidence.example/procedure"
PDF = b"%PDF-1.7 procedure"


def report(item, account, *, at, text="The procedure is in force.", evidence=(LINK,)) -> Response:
    with transaction():
        return service.report_done(item, text=text, evidence=evidence, by=account.as_actor(), at=at)


def test_a_report_waits_for_the_other_side(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    response = report(item, cast.delegate, at=at, evidence=(LINK, ("procedure.pdf", PDF)))

    assert (item.status, item.reported_at, item.done_at) == (ActionStatus.REPORTED_DONE, at, None)
    assert [(e.link, e.filename, e.media_type, e.size) for e in response.evidence] == [
        (LINK, None, None, None), (None, "procedure.pdf", "application/pdf", len(PDF)),
    ]  # fmt: skip
    assert files.load(response.evidence[1].sha256) == PDF
    assert make.events(response) == [("responses:report", "Representative, Telegram")]
    assert make.letters("responses:report") == [
        ("officer@kcsc.example", "Reported done: Telegram A-2026-001"),
        ("officer2@kcsc.example", "Reported done: Telegram A-2026-001"),
    ]
    assert list(queries.pending(cast.officer.as_actor())) == [response]
    assert list(queries.pending(cast.delegate.as_actor())) == []


def test_verified_it_was_done_when_it_was_reported(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    response = report(item, cast.delegate, at=at)
    later = at + timedelta(days=60)
    with transaction():
        service.verify(response, by=cast.head.as_actor(), at=later)

    assert (item.status, item.done_at) == (ActionStatus.VERIFIED, at)
    assert not item.is_late(at=later)
    assert (response.verdict, response.decided_at, response.decided_by) == (
        Verdict.VERIFIED, later, "Head of team",
    )  # fmt: skip
    assert make.events(response)[1:] == [("responses:verify", "Head of team")]
    assert make.letters("responses:decide") == [
        ("delegate@telegram.example", "Verified: Telegram A-2026-001"),
        ("company_admin@telegram.example", "Verified: Telegram A-2026-001"),
    ]
    with pytest.raises(Refused, match="given already"), transaction():
        service.return_(response, reason="No.", by=cast.officer.as_actor(), at=later)
    with pytest.raises(Refused, match="that is verified cannot become reported done"):
        report(item, cast.delegate, at=later)


def test_returned_with_a_reason_and_reported_again(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    first = report(item, cast.delegate, at=at)
    with pytest.raises(FieldError, match="what is missing") as refusal, transaction():
        service.return_(first, reason=" ", by=cast.officer.as_actor(), at=at)
    assert refusal.value.field == "reason"
    with transaction():
        service.return_(first, reason="It has no dates.", by=cast.officer.as_actor(), at=at)

    assert (item.status, item.done_at) == (ActionStatus.RETURNED, None)
    assert make.events(first)[1:] == [("responses:return", "Liaison officer")]
    assert make.letters("responses:decide")[0] == (
        "delegate@telegram.example", "Returned: Telegram A-2026-001",
    )  # fmt: skip
    second = report(item, cast.delegate, at=at + timedelta(days=1))
    with transaction():
        service.verify(second, by=cast.officer.as_actor(), at=at + timedelta(days=2))
    assert item.done_at == at + timedelta(days=1)
    assert [r.verdict for r in queries.of_item(item)] == [Verdict.RETURNED, Verdict.VERIFIED]


def test_the_company_verifies_what_the_regulator_owes(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at, owner=Side.INSTITUTION)
    with pytest.raises(Refused, match="Only the side that owes"):
        report(item, cast.delegate, at=at)
    response = report(item, cast.officer, at=at)
    for verb in (service.verify, lambda r, **who: service.return_(r, reason="No.", **who)):
        with pytest.raises(Refused, match="does not verify it itself"), transaction():
            verb(response, by=cast.head.as_actor(), at=at)
    with transaction():
        service.verify(response, by=cast.delegate.as_actor(), at=at)

    assert item.status is ActionStatus.VERIFIED


def test_one_report_at_a_time(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    report(item, cast.delegate, at=at)

    with pytest.raises(Refused, match="waits for its verdict already"):
        report(item, cast.company_admin, at=at)
    assert len(queries.of_item(item)) == 1


@pytest.mark.parametrize(
    ("text", "evidence", "field", "why"),
    [
        (" ", [LINK], "text", "what was done"),
        ("Call 010-1234-5678.", [LINK], "text", "personal data"),
        ("Done.", [], "link", "at least one file or link"),
        ("Done.", [LINK] * 11, "files", "at most ten"),
        ("Done.", [("empty.pdf", b"")], "files", "empty.pdf: The file is empty"),
        ("Done.", [("big.txt", b"x" * (10 * 1024 * 1024 + 1))], "files", "larger than 10 MB"),
        ("Done.", [("page.html", b"<html>")], "files", "type are not accepted"),
        ("Done.", [("picture.png", PDF)], "files", "not what its name says"),
        ("Done.", [("setup.txt", b"MZ\x90 program")], "files", "not what its name says"),
        ("Done.", [("table.xlsx", b"PK\x03\x04 any archive")], "files", "not what its name says"),
    ],
)
def test_bad_evidence_is_refused_at_its_field(companies, cast, at, text, evidence, field, why):
    item = make.agreed(companies["telegram"], at=at)
    with pytest.raises(FieldError, match=why) as refusal:
        report(item, cast.delegate, at=at, text=text, evidence=evidence)

    assert refusal.value.field == field
    assert item.status is ActionStatus.AGREED
    assert queries.of_item(item) == []


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", " data:text/html,x",
        "ftp://files.example/a", "//evidence.example/a", "evidence.example", "https://",
        "http://[::1", "https://a b.example/", "https://localhost/", "https://intranet/",
        "https://127.0.0.1/", "https://10.0.0.8/", "https://[::1]/", "https://2130706433/",
        "https://0x7f.1/", "http://127.0.0.%31/", "http://foo.loca%6c/",
        "http://a.ｌｏｃａｌ/", "http://a.b。local/", "http://192.168.1.1\u200b/", "http://a.localdomain/", "https://user:word@evidence.example/", "https://db.internal/",
        "https://evidence.example/" + "a" * 500, "https://[::ffff:10.0.0.8]/",
        "https://[64:ff9b::a00:8]/", "https://[2002:a00:8::]/", "https://169.254.169.254/latest",
    ],
)  # fmt: skip
def test_a_link_must_be_a_public_web_address(link):
    with pytest.raises(FieldError) as refusal:
        service.checked_link(link)
    assert refusal.value.field == "link"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"), ("C:\\Users\\a\\proof.pdf", "proof.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "a_b__Set-Cookie_ x.pdf"), ("증빙.pdf", "증빙.pdf"),
    ],
)  # fmt: skip
def test_a_file_name_steers_nothing(given, kept):
    assert files.plain_name(given) == kept
