"""The main job, from scheduling to the scorecard's PDF, by people at real browsers."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.walk.conftest import Person

SEOUL = ZoneInfo("Asia/Seoul")


def seoul(*wall: int) -> datetime:
    """An instant by the clock in Seoul."""
    return datetime(*wall, tzinfo=SEOUL)  # type: ignore[arg-type]


def schedule(officer: Person) -> str:
    """An officer schedules a consultation on the venue's clock."""
    officer.open("/consultations/schedule")
    company = officer.page.locator(
        "select[name=company_id] option", has_text=re.compile("^(Telegram|텔레그램)$")
    )
    officer.fill(
        company_id=company.get_attribute("value"), wall="2026-03-19T14:00", duration="120",
        zone="Asia/Seoul", venue="Meeting room, Seoul", venue_country="KR",
    )  # fmt: skip
    officer.press("Check the time")
    assert officer.page.locator("#seen").is_visible()
    officer.press("Schedule and invite both sides")
    if officer.page.locator("[name=anyway]").count():
        officer.page.locator("[name=anyway]").check()
        officer.press("Schedule and invite both sides")
    assert re.fullmatch(r"/consultations/\d+", officer.path()), officer.text()
    return officer.path()


def test_the_main_job(enter: Callable[[str], Person], go_to: Callable[[datetime], None]) -> None:
    officer = enter("officer")
    place = schedule(officer)
    agree_on_agenda(officer, enter("delegate"), place)
    go_to(seoul(2026, 3, 19, 14, 2))
    officer = enter("officer")
    minutes = hold(officer, place)
    write(officer, minutes)
    go_to(seoul(2026, 3, 20, 10, 0))
    release(enter("officer"), enter("head"), minutes)
    go_to(seoul(2026, 3, 23, 10, 0))
    answer_and_adopt(enter("delegate"), enter("officer"), enter("head"), minutes)
    go_to(seoul(2026, 3, 26, 11, 0))
    keep_promise(enter("delegate"), enter("officer"))
    follow_a_call(enter)
    import_requests(enter("officer"))
    go_to(seoul(2026, 4, 8, 10, 0))
    card = compute_card(enter("officer"), enter("head"), enter("delegate"))
    go_to(seoul(2026, 4, 9, 10, 0))
    publish(enter("head"), enter("commissioner"), enter("rival"), card)


def agree_on_agenda(officer: Person, company: Person, place: str) -> None:
    """Both sides put items on the agenda; each answers the other's."""
    officer.open(place + "/agenda/propose")
    officer.fill(
        title_ko="삭제요청 처리 시간",
        title_en="Time to act on removal requests",
        minutes_planned="40",
    )
    officer.page.locator("main form button.button-primary").click()
    company.open(place)
    company.press("I come")
    company.follow("Propose an agenda item")
    company.fill(title_ko="", title_en="Form of requests", minutes_planned="30")
    company.page.locator("main form button.button-primary").click()
    company.open(place + "/agenda")
    company.page.get_by_role(
        "button", name=re.compile("^" + company.word("Accept") + ":")
    ).first.click()
    officer.open(place + "/agenda")
    officer.page.get_by_role(
        "button", name=re.compile("^" + officer.word("Accept") + ":")
    ).first.click()
    officer.press("Publish version %(number)s", number=1)
    officer.open(place)
    assert officer.page.locator("main a[href^='/documents/']").count() == 2
    company.open(place + "/agenda")
    assert "Form of requests" in company.text()


def hold(officer: Person, place: str) -> str:
    """The session: attendance, what became of each item."""
    officer.open(place)
    officer.press("Begin the session")
    for choice in officer.page.locator("main select").all():
        choice.select_option("present")
    officer.press("Record attendance")
    officer.follow("Minutes")
    officer.press("Open the minutes")
    minutes = officer.path()
    officer.open(place)
    officer.press("End the session")
    officer.follow("What became of each item")
    for choice in officer.page.locator("main select").all():
        choice.select_option("done")
    officer.press("Record")
    return minutes


def write(officer: Person, minutes: str) -> None:
    """Item by item, with typed outcomes."""
    officer.open(minutes)
    items = [
        link.get_attribute("href") or ""
        for link in officer.page.locator("main a[href^='/minutes/items/']").all()
    ]
    assert len(items) >= 2
    for address in items:
        officer.open(address)
        officer.fill(discussion_ko="이견이 없었다.", discussion_en="There were no objections.")
        officer.press("Save the discussion")
    outcome(
        officer,
        items[0],
        "decision",
        "접수 확인은 답변이 아니다.",
        "An acknowledgement is no answer.",
    )
    outcome(
        officer, items[0], "action_item", "야간 담당자를 지정한다.", "Name a duty contact for the night.",
        owner="company", due_wall="2026-03-27", due_zone="Asia/Seoul",
    )  # fmt: skip
    officer.open(minutes)
    officer.press("Submit for internal review")


def outcome(officer: Person, item: str, kind: str, text_ko: str, text_en: str, **more: str) -> None:
    """One outcome of an item."""
    officer.open(item)
    officer.fill(kind=kind, text_ko=text_ko, text_en=text_en, **more)
    officer.press("Add the outcome")
    assert text_en in officer.text() or text_ko in officer.text(), officer.text()


def release(officer: Person, head: Person, minutes: str) -> None:
    """Through the head of team to the company."""
    officer.open(minutes)
    assert not officer.page.get_by_role("link", name=officer.word("Release to the company")).count()
    head.open(minutes)
    head.follow("Release to the company")
    head.press("Release to the company")
    assert head.sees("with_company")


def answer_and_adopt(company: Person, officer: Person, head: Person, minutes: str) -> None:
    """The company proposes one change, the officer takes it over, both accept one hash."""
    company.open(minutes)
    company.follow("Answer item by item")
    radios = company.page.locator("main input[type=radio][value=agree]").all()
    for radio in radios[1:]:
        radio.check()
    company.page.locator("main input[type=radio][value=propose]").first.check()
    fold = company.page.locator("main details.fold").first
    if not fold.evaluate("node => node.open"):
        fold.locator("summary").click()
    fold.locator("textarea").nth(0).fill("There were no objections.")
    fold.locator("textarea").nth(1).fill("The company named its present response times.")
    fold.locator("textarea").nth(2).fill("It was said so.")
    company.press("Send the answers")
    officer.open(minutes)
    officer.page.locator("main a[href*='/resolve']").first.click()
    officer.fill(
        resolution="taken_over", discussion_ko="사업자는 현재의 처리 시간을 설명하였다.",
        discussion_en="The company named its present response times.",
    )  # fmt: skip
    officer.page.locator("main form button.button-primary").last.click()
    company.open(minutes)
    company.follow("Answer item by item")  # only the changed item is asked again
    company.page.locator("main input[type=radio][value=agree]").first.check()
    company.press("Send the answers")
    officer.open(minutes)
    officer.press("Reconcile")
    hashes = []
    for person in (head, company):
        person.open(minutes)
        person.follow("Read and accept")
        hashes.append(person.page.locator("input[name=content_hash]").get_attribute("value"))
        person.press("Accept this text for my side")
    assert hashes[0] == hashes[1]
    company.open(minutes)
    assert company.sees("adopted")
    for person in (company, head):
        person.open(minutes)
        link = person.page.locator("main a[href^='/documents/']").first.get_attribute("href")
        assert person.fetch(link or "").startswith(b"%PDF-")


def keep_promise(company: Person, officer: Person) -> None:
    """Reported with evidence, returned once, reported again, verified."""
    company.open("/action-items/")
    company.page.locator("main a[href^='/action-items/']", has_text="A-2026-001").first.click()
    item = company.path()
    company.follow("Report done")
    company.fill(text="The duty contact is named.", link="https://evidence.example/contact")
    company.press("File the report")
    officer.open(item)
    officer.follow("Verify or return")
    officer.fill(verdict="returned", reason="Name the hours.")
    officer.press("Record the verdict")
    company.open(item)
    company.follow("Report done")
    company.fill(text="The hours are 22:00 to 07:00.")
    company.page.locator("input[type=file]").set_input_files(
        {"name": "hours.csv", "mimeType": "text/csv", "buffer": b"from,to\n22:00,07:00\n"}
    )
    company.press("File the report")
    officer.open(item)
    officer.follow("Verify or return")
    officer.fill(verdict="verified")
    officer.press("Record the verdict")
    company.open(item)
    assert company.sees("verified")


def follow_a_call(enter: Callable[[str], Person]) -> None:
    """From the hotline to a verified removal: four people, none of whom checks their own word."""
    operator = enter("operator")
    operator.open("/hotline/record")
    choose(operator, "platform_id", "Telegram|텔레그램")
    operator.fill(reference="https://content.example/t/1")
    operator.press("Record the call")
    code, secret = operator.page.locator("main .stat-value").all_inner_texts()
    operator.press("Hand over to the officers")
    officer = enter("officer")
    officer.open("/removal-requests/?state=draft")
    officer.page.locator("main tbody a").first.click()
    request = officer.path()
    officer.press("Issue the request")
    officer.follow("Note the delivery")
    officer.fill(channel="portal")
    officer.press("Record")
    company = enter("delegate")
    company.open(request)
    company.press("Acknowledge receipt")
    company.follow("Answer this request")
    company.fill(outcome="removed")
    company.press("Record")
    officer.open(request)
    officer.follow("Open the reference")
    officer.fill(purpose="to_check")
    officer.press("Open the reference")
    assert "https://content.example/t/1" in officer.text()
    officer.open(request)
    officer.follow("Verify the removal")
    officer.fill(verification="gone")
    officer.press("Record")
    assert officer.sees("verified")
    operator.open("/case")
    operator.fill(case_code=code.lower(), secret=secret)
    operator.press("Ask")
    assert operator.sees("case_gone")


def choose(person: Person, name: str, pattern: str) -> None:
    """An option of a select by what stands on it."""
    option = person.page.locator(f"select[name={name}] option", has_text=re.compile(f"({pattern})"))
    person.fill(**{name: option.first.get_attribute("value")})


COLUMNS = (
    "request_no,company,platform,category,legal_ground,surface,measure_type,reference,issued_at,"
    "delivered_at,acknowledged_at,decided_at,outcome,refusal_reason,removed_at,verified_at,"
    "verification,rechecked_at,recheck"
)


def import_requests(officer: Person) -> None:
    """A file in EUC-KR, wrong first, then right."""
    lines = [COLUMNS]
    for n in range(1, 25):
        day = f"2026-03-{n:02d}"
        lines.append(
            f"W-{n:03d},telegram,telegram,sexual_deepfake,voluntary_request,public_post,removal,"
            f"https://content.example/w/{n},{day}T08:00:00+09:00,{day}T09:00:00+09:00,,"
            f"{day}T15:00:00+09:00,removed,,{day}T15:00:00+09:00,{day}T18:00:00+09:00,gone,,"
        )
    lines.append(
        "W-025,telegram,telegram,sexual_deepfake,voluntary_request,public_post,removal,"
        "https://content.example/w/25,2026-03-25T08:00:00+09:00,2026-03-25T09:00:00+09:00,,"
        "2026-03-25T15:00:00+09:00,refused,약관 위반이 아니라고 함,,,,,"
    )
    wrong = [*lines, lines[1].replace("W-001", "W-026").replace("2026-03-01T09", "2026-02-30T09")]
    for text in (wrong, lines):
        officer.open("/removal-requests/import")
        officer.page.locator("input[type=file]").set_input_files(
            {"name": "march.csv", "mimeType": "text/csv", "buffer": "\n".join(text).encode("cp949")}
        )
        officer.press("Check the file")
        assert "EUC-KR" in officer.text()
    officer.press("Write %(count)s requests", count=25)
    assert officer.sees(
        "%(written)s requests written, %(known)s were here already.", written=25, known=0
    )


def compute_card(officer: Person, head: Person, company: Person) -> str:
    """Computed, sent, commented."""
    officer.open("/scorecards/compute?month=2026-03")
    choose(officer, "company", "Telegram|텔레그램")
    officer.fill(month="2026-03")
    officer.press("Compute")
    card = officer.path()
    assert re.fullmatch(r"/scorecards/\d+", card), officer.text()
    head.open(card)
    head.press("Send to the company")
    company.open(card)
    company.fill(comment="The refusal was reasoned.")
    company.page.locator(
        "#reply form button.button-primary, main form button.button-primary"
    ).last.click()
    assert company.sees("Your comment is stored and will be printed on the card.")
    return card


def publish(head: Person, commissioner: Person, rival: Person, card: str) -> None:
    """Frozen, published, gathered in the report; the commissioner reads the PDFs, the rival nothing."""
    head.open(card)
    head.press("Freeze")
    head.press("Publish")
    head.open("/reports/")
    if not head.page.locator("main [name=month]").is_visible():
        head.page.locator("main details summary").first.click()
    head.fill(month="2026-03")
    head.press("Make the report")
    report = head.path()
    head.press("Release to the commissioners")
    commissioner.open(card)
    for language in ("ko", "en"):
        assert text_of(commissioner.fetch(f"{card}.pdf?language={language}"))
    printed = text_of(commissioner.fetch(f"{card}.pdf?language=en"))
    # 26 requests: 25 removed within 24 h, one of them by way of the hotline, one refused.
    assert "26 / 26" in printed and "25 / 26" in printed
    assert "The refusal was reasoned." in printed
    commissioner.open(report)
    link = commissioner.page.locator("main a[href*='.pdf']").first.get_attribute("href")
    assert "Telegram" in text_of(commissioner.fetch(link or "")).replace("텔레그램", "Telegram")
    for path in (card, f"{card}.pdf", report):
        assert rival.page.request.get(rival.base + path).status == 404


def text_of(printed: bytes) -> str:
    """The text of a PDF, by poppler."""
    assert printed.startswith(b"%PDF-")
    read = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=printed, capture_output=True, check=True
    )
    return read.stdout.decode()
