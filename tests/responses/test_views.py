"""The pages of the responses room."""

from __future__ import annotations

import io

import pytest

from portal.actions.models import ActionItem, ActionStatus
from portal.core.db import db, transaction
from portal.responses import service
from portal.responses.models import Evidence, Response, Verdict
from tests.actions import make
from tests.queries import counting

LINK = "https://evidence.example/procedure"


@pytest.fixture
def item(companies, at) -> ActionItem:
    return make.agreed(companies["telegram"], at=at)


@pytest.fixture
def response(item, cast, at) -> Response:
    with transaction():
        return service.report_done(
            item, text="In force.", evidence=[("증빙 자료.csv", b"a,b\n1,2\n"), LINK],
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip


def page(answer) -> str:
    return answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("delegate", 200), ("company_admin", 200), ("officer", 404), ("rival", 404),
        ("auditor", 404), ("commissioner", 404),
    ],
)  # fmt: skip
def test_who_reports(item, cast, visit, who, status):
    path = f"/action-items/{item.id}/report"

    assert visit(getattr(cast, who), "GET", path).status_code == status


def test_a_report_with_a_file_and_a_link(item, cast, visit):
    path = f"/action-items/{item.id}/report"
    typed = {"text": "In force since today.", "link": LINK}
    answer = visit(
        cast.delegate, "POST", path, {**typed, "files": (io.BytesIO(b"%PDF-1.7"), "a.pdf")}
    )
    assert answer.status_code == 303
    stored = db.session.query(Response).one()
    assert [(e.link, e.filename) for e in stored.evidence] == [(LINK, None), (None, "a.pdf")]
    again = page(visit(cast.delegate, "POST", path, typed))
    assert "waits for its verdict already" in again
    assert "In force since today." in again
    assert db.session.query(Response).count() == 1


@pytest.mark.parametrize(
    ("field", "data", "sentence"),
    [
        ("text", {"text": "", "link": LINK}, "This field is required."),
        ("link", {"link": ""}, "at least one file or link"),
        ("link", {"link": "javascript:alert(1)"}, "Write the link with https://"),
        ("files", {"link": "", "files": (b"", "empty.pdf")}, "empty.pdf: The file is empty"),
        ("files", {"files": (b"GIF89a", "a.png")}, "a.png: The content of the file is not"),
        ("files", {"files": (b"PK", "a.docm")}, "a.docm: Files of this type are not accepted"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_the_text_is_kept(
    item, cast, visit, field, data, sentence
):
    sent = {"text": "My long and careful text.", "link": "https://evidence.example/kept", **data}
    if "files" in sent:
        content, name = sent["files"]
        sent["files"] = (io.BytesIO(content), name)
    answer = page(visit(cast.delegate, "POST", f"/action-items/{item.id}/report", sent))

    assert sentence in answer
    assert f'id="{field}-error"' in answer
    assert "My long and careful text." in answer or field == "text"
    assert ("choose the files again" in answer) == ("files" in data)
    assert db.session.get(ActionItem, item.id).status is ActionStatus.AGREED
    assert db.session.query(Response).count() == 0


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("officer", 200), ("head", 200), ("delegate", 404), ("rival", 404), ("auditor", 404),
        ("commissioner", 404),
    ],
)  # fmt: skip
def test_who_decides(response, cast, visit, who, status):
    path = f"/responses/{response.id}/decide"

    assert visit(getattr(cast, who), "GET", path).status_code == status


def test_a_report_is_returned_and_the_reason_is_read(response, cast, visit):
    path = f"/responses/{response.id}/decide"
    unsaid = page(visit(cast.officer, "POST", path, {"verdict": "returned", "reason": " "}))
    assert "Say what is missing." in unsaid
    assert "Choose one." in page(visit(cast.officer, "POST", path, {"reason": "My reason."}))
    data = {"verdict": "returned", "reason": "It has no dates."}
    assert visit(cast.officer, "POST", path, data).status_code == 303

    assert "It has no dates." in page(
        visit(cast.delegate, "GET", f"/action-items/{response.action_item_id}")
    )
    assert "It has no dates." in page(
        visit(cast.delegate, "GET", f"/action-items/{response.action_item_id}/report")
    )


def test_a_second_verdict_is_refused_and_what_was_typed_is_kept(response, cast, visit):
    path = f"/responses/{response.id}/decide"
    assert visit(cast.officer, "POST", path, {"verdict": "verified"}).status_code == 303
    late = page(visit(cast.head, "POST", path, {"verdict": "returned", "reason": "My other view."}))

    assert "The verdict on this report is given already." in late
    assert "My other view." in late
    assert db.session.get(Response, response.id).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("officer", 200), ("head", 200), ("delegate", 200), ("auditor", 200), ("rival", 404),
        ("commissioner", 404), ("police", 404), ("agency", 404), ("administrator", 404),
    ],
)  # fmt: skip
def test_who_reads_evidence(response, cast, visit, who, status):
    file, link = db.session.query(Evidence).order_by(Evidence.id)

    assert visit(getattr(cast, who), "GET", f"/evidence/{file.id}").status_code == status
    assert visit(getattr(cast, who), "GET", f"/evidence/{link.id}").status_code == 404


def test_evidence_leaves_as_a_file_and_never_as_a_page(response, cast, visit):
    file = db.session.query(Evidence).order_by(Evidence.id).first()
    answer = visit(cast.officer, "GET", f"/evidence/{file.id}")

    assert answer.get_data() == b"a,b\n1,2\n"
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="__ __.csv"; '
        "filename*=UTF-8''%EC%A6%9D%EB%B9%99%20%EC%9E%90%EB%A3%8C.csv"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_pages_ask_few_questions(response, cast, visit):
    item_id = response.action_item_id
    sent = {}
    for path in (f"/responses/{response.id}/decide", f"/action-items/{item_id}"):
        visit(cast.officer, "GET", path)
        with counting() as queries:
            visit(cast.officer, "GET", path)
        sent[path] = len(queries)

    assert max(sent.values()) <= 8, sent
