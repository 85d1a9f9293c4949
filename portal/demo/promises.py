"""Promises that changed on their way: extended, reported on by month, replaced by agreement."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.access.actor import Actor
from portal.actions import progress, service
from portal.actions.models import ActionItem, Rhythm
from portal.companies.models import Company
from portal.consultations.models import Side
from portal.core.clock import SEOUL
from portal.demo.story import quiet_letters
from portal.demo.synthetic import Players, wall
from portal.institution import service as institution

SOURCE = "synthetic"


def load(*, at: datetime) -> None:
    """Two promises of X: one with reports by the month, one that took another's place."""
    players = Players()
    company, speaker, officer = (
        players.companies["x"], players.speaker("x"), players.officer.as_actor(),
    )  # fmt: skip
    if speaker is None:
        return
    begun = at - timedelta(days=80)
    labels = _promise(
        company, "합성 영상물 표시 의무를 이용약관에 반영한다.",
        "Put the duty to label synthetic videos into the terms of service.",
        begun, 110, weight=3, rhythm=Rhythm.MONTHLY, by=officer,
    )  # fmt: skip
    progress.plan(labels, at=at)
    said = (
        "약관 개정 초안을 법무 부서가 검토하고 있습니다. / The legal department reviews a draft.",
        "한국어 번역을 마쳤습니다. / The Korean translation is finished.",
    )
    filed = [report for report in labels.progress_reports if report.due_at < at]
    for number, (report, words) in enumerate(zip(filed, said, strict=False)):
        when = min(at, report.due_at + timedelta(days=2 if number else -1))
        progress.file_report(report, text=words, by=speaker, at=when)
    asked = service.ask_extension(
        labels, new_due_wall=wall(begun, 150, 18),
        reason="The new terms need a notice period of 30 days.", by=speaker,
        at=begun + timedelta(days=50),
    )  # fmt: skip
    service.grant(asked, by=officer, at=begun + timedelta(days=53))
    old = _promise(
        company, "신고 처리 담당자를 한 명 둔다.", "Name one person who handles reports.",
        begun, 60, weight=1, rhythm=Rhythm.NONE, by=officer,
    )  # fmt: skip
    new = _promise(
        company, "신고 처리 담당 조를 3교대로 운영한다.",
        "Run a team that handles reports in three shifts.",
        begun + timedelta(days=20), 100, weight=2, rhythm=Rhythm.QUARTERLY, by=officer,
    )  # fmt: skip
    asked = service.ask_supersession(
        old, new, reason="A team in shifts does what one person could not.", by=speaker,
        at=begun + timedelta(days=62),
    )  # fmt: skip
    service.grant(asked, by=officer, at=begun + timedelta(days=63))
    for level, name in ((1, "사무처장 / Secretary general"), (2, "부위원장 / Vice-chair")):
        institution.add_senior(
            level=level, name=name, title="", email=f"senior{level}@kcsc.example", by=officer,
            at=at,
        )  # fmt: skip
    quiet_letters(at)


def _promise(
    company: Company,
    text_ko: str,
    text_en: str,
    agreed_at: datetime,
    days: int,
    *,
    weight: int,
    rhythm: Rhythm,
    by: Actor,
) -> ActionItem:
    return service.record_by_hand(
        company, text_ko=text_ko, text_en=text_en, owner=Side.COMPANY,
        due_wall=wall(agreed_at, days, 18), due_zone=SEOUL.key,
        required_evidence="", source=SOURCE, weight=weight, rhythm=rhythm, is_synthetic=True,
        by=by, at=agreed_at,
    )  # fmt: skip
