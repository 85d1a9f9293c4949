"""Who is in the demo: roles, never invented names."""

from __future__ import annotations

import csv
import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from portal.access.actor import OrganisationKind, Role
from portal.accounts.models import Account, Desk, Organisation
from portal.accounts.passwords import hash_password
from portal.companies import queries as companies
from portal.companies.models import Company, Platform, Representative, Senior
from portal.core import charts
from portal.core.db import db
from portal.facts.models import NationalSeries, PublishedFact
from portal.institution.models import Institution

PASSWORD = "demo-portal-2024"  # printed at start: the demo protects nothing
FACTS = Path(__file__).with_name("published_facts.csv")


@dataclass(frozen=True, slots=True)
class Person:
    """One demo account."""

    email: str
    organisation: str
    role: Role
    name_ko: str
    name_en: str
    language: str = "ko"
    zone: str = "Asia/Seoul"
    desks: tuple[str, ...] = ()


PEOPLE = (
    Person("officer@kcsc.example", "kcsc", Role.OFFICER, "텔레그램 담당관", "Liaison officer, Telegram desk"),
    Person(
        "officer2@kcsc.example", "kcsc", Role.OFFICER, "메타·구글 담당관",
        "Liaison officer, Meta and Google desk", desks=("meta", "google"),
    ),
    Person("head@kcsc.example", "kcsc", Role.HEAD, "국제협력팀장", "Head of team"),
    Person("operator@kcsc.example", "kcsc", Role.OPERATOR, "상담전화 상담원", "Hotline operator, night shift"),
    Person("operator2@kcsc.example", "kcsc", Role.OPERATOR, "상담전화 상담원(오전)", "Hotline operator, mornings"),
    Person("operator3@kcsc.example", "kcsc", Role.OPERATOR, "상담전화 상담원(오후)", "Hotline operator, afternoons"),
    Person("operator4@kcsc.example", "kcsc", Role.OPERATOR, "상담전화 상담원(주 후반 야간)", "Hotline operator, nights late in the week"),
    Person("operator5@kcsc.example", "kcsc", Role.OPERATOR, "상담전화 상담원(지원)", "Hotline operator, relief"),
    Person("operator6@kcsc.example", "kcsc", Role.OPERATOR, "상담전화 상담원(주말 오전)", "Hotline operator, weekend mornings"),
    Person("operator7@kcsc.example", "kcsc", Role.OPERATOR, "상담전화 상담원(주말 오후)", "Hotline operator, weekend afternoons"),
    Person("police@knpa.example", "knpa", Role.POLICE, "경찰청 협력관", "Police liaison officer"),
    Person("agency@centre.example", "centre", Role.AGENCY, "지원센터 파견자", "Delegate of the support centre"),
    Person("rep@telegram.example", "telegram", Role.REPRESENTATIVE, "텔레그램 대표자", "Representative, Telegram", "en", "Asia/Dubai"),
    Person("admin@telegram.example", "telegram", Role.COMPANY_ADMIN, "텔레그램 관리자", "Company administrator, Telegram", "en", "Asia/Dubai"),
    Person("rep@x.example", "x", Role.REPRESENTATIVE, "엑스 대표자", "Representative, X", "en", "America/Los_Angeles"),
    Person("admin@x.example", "x", Role.COMPANY_ADMIN, "엑스 관리자", "Company administrator, X", "en", "America/Los_Angeles"),
    Person("commissioner@kcsc.example", "kcsc", Role.COMMISSIONER, "위원", "Commissioner"),
    Person("auditor@kcsc.example", "kcsc", Role.AUDITOR, "감사관", "Auditor"),
    Person("administrator@kcsc.example", "kcsc", Role.ADMINISTRATOR, "시스템 관리자", "Administrator"),
)  # fmt: skip

# slug, Korean, English, country, zone, Korean entity (24-25 Sep 2024), platforms
COMPANIES = (
    ("telegram", "텔레그램", "Telegram", "AE", "Asia/Dubai", False, (("telegram", "텔레그램", "Telegram"),)),
    ("x", "엑스", "X", "US", "America/Los_Angeles", True, (("x", "엑스", "X"),)),
    ("meta", "메타", "Meta", "US", "America/Los_Angeles", True, (("facebook", "페이스북", "Facebook"), ("instagram", "인스타그램", "Instagram"))),
    ("google", "구글", "Google", "US", "America/Los_Angeles", True, (("google", "구글 검색", "Google Search"), ("youtube", "유튜브", "YouTube"))),
    ("tiktok", "틱톡", "TikTok", "SG", "Asia/Singapore", True, (("tiktok", "틱톡", "TikTok"),)),
    ("automattic", "오토매틱", "Automattic", "US", "America/Los_Angeles", False, (("tumblr", "텀블러", "Tumblr"),)),
    ("pinterest", "핀터레스트", "Pinterest", "IE", "Europe/Dublin", False, (("pinterest", "핀터레스트", "Pinterest"),)),
    ("medium", "미디엄", "Medium", "US", "America/Los_Angeles", False, (("medium", "미디엄", "Medium"),)),
    ("wix", "윅스", "Wix", "IL", "Asia/Jerusalem", False, (("wix", "윅스", "Wix"),)),
    ("wattpad", "왓패드", "Wattpad", "CA", "America/Toronto", False, (("wattpad", "왓패드", "Wattpad"),)),
    # Made up, as their names say: no company that exists is said to have been renamed or divided.
    (
        "example-network", "예시네트워크", "Example Network", "IE", "Europe/Dublin", False,
        (("example-talk", "예시톡", "Example Talk"), ("example-board", "예시보드", "Example Board")),
    ),
    ("example-board", "예시보드", "Example Board", "SG", "Asia/Singapore", False, ()),
)  # fmt: skip

LEGAL_BASIS_KO = (
    "방송통신위원회의 설치 및 운영에 관한 법률 제21조 제4호, 같은 법 시행령 제8조 제2항"
)
LEGAL_BASIS_EN = "Establishment Act, art. 21 no. 4; Enforcement Decree, art. 8(2)"


def load(*, at: datetime) -> None:
    """The institution, the other parties, the accounts."""
    parties = [
        (OrganisationKind.INSTITUTION, "kcsc", "위원회", "The commission"),
        (OrganisationKind.POLICE, "knpa", "경찰청", "Korean National Police Agency"),
        (OrganisationKind.AGENCY, "centre", "디지털성범죄피해자지원센터", "Victim support centre"),
        *((OrganisationKind.COMPANY, slug, ko, en) for slug, ko, en, *_rest in COMPANIES),
    ]
    for kind, slug, name_ko, name_en in parties:
        db.session.add(Organisation(kind=kind, slug=slug, name_ko=name_ko, name_en=name_en))
    db.session.flush()
    ids = {organisation.slug: organisation.id for organisation in db.session.query(Organisation)}
    _institution(ids["kcsc"])
    for slug, name_ko, name_en, country, zone, has_office, platforms in COMPANIES:
        db.session.add(
            Company(
                id=ids[slug], slug=slug, name_ko=name_ko, name_en=name_en, country=country,
                time_zone=zone, has_korean_office=has_office,
                look=charts.free_place(slug, companies.looks()),
            )
        )  # fmt: skip
        db.session.flush()
        for platform_slug, platform_ko, platform_en in platforms:
            db.session.add(
                Platform(
                    company_id=ids[slug], slug=platform_slug, name_ko=platform_ko,
                    name_en=platform_en, hosts=f"{platform_slug}.example content.example",
                )
            )  # fmt: skip
        db.session.add(
            Senior(
                company_id=ids[slug], level=1, name=f"Head of trust and safety, {name_en}",
                title="", email=f"senior@{slug}.example",
            )
        )  # fmt: skip
    stored = hash_password(PASSWORD)
    for person in PEOPLE:
        _account(person, ids, stored, at)
    db.session.flush()


def _institution(organisation_id: int) -> None:
    source = "https://kollo.kr/appcontent?id=aOI9NR"
    db.session.add_all(
        (
            Institution(
                organisation_id=organisation_id, name_ko="방송통신심의위원회",
                name_en="Korea Communications Standards Commission", short_name="KCSC",
                legal_basis_ko=LEGAL_BASIS_KO, legal_basis_en=LEGAL_BASIS_EN,
                valid_from=date(2008, 5, 15), valid_until=date(2025, 9, 30),
            ),
            Institution(
                organisation_id=organisation_id, name_ko="방송미디어통신심의위원회",
                name_en="Korea Media Communications Standards Commission", short_name="KMCSC",
                valid_from=date(2025, 10, 1), source=source,
            ),
        )
    )  # fmt: skip


def _account(person: Person, ids: dict[str, int], stored: str, at: datetime) -> None:
    account = Account(
        organisation_id=ids[person.organisation], role=person.role, email=person.email,
        name_ko=person.name_ko, name_en=person.name_en, language=person.language,
        time_zone=person.zone, password_hash=stored, created_at=at - timedelta(days=800),
    )  # fmt: skip
    db.session.add(account)
    db.session.flush()
    db.session.add_all(Desk(account_id=account.id, company_id=ids[s]) for s in person.desks)
    if person.role in (Role.REPRESENTATIVE, Role.COMPANY_ADMIN):
        db.session.add(
            Representative(
                company_id=account.organisation_id, account_id=account.id, name=person.name_en,
                email=person.email, can_bind=True, from_on=date(2024, 9, 1), is_confirmed=True,
            )
        )  # fmt: skip


SERIES = {
    "Digital sex crime reports received": NationalSeries.REPORTS,
    "Sexual deepfake correction requests, first half": NationalSeries.REQUESTS,
    "Sexual deepfake correction requests, 7 months": NationalSeries.REQUESTS,
    "Sexual deepfake correction requests (x3.2 on 2023)": NationalSeries.REQUESTS,
    "Sexual deepfake items actioned: total": NationalSeries.REQUESTS,
    "Same 15,808 printed for end of August": NationalSeries.REQUESTS,
    "Last sitting of the digital sex crime subcommittee": NationalSeries.LAST_SITTING,
    "No member appointed yet": NationalSeries.NOBODY_SITS,
}
"""By the beginning of its words, to which series a published figure belongs."""


def load_facts() -> None:
    """The published figures, each with its source; those of a series with days and number."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        rows = [
            {
                "period": r["date"],
                "statement": r["fact"],
                "figure": r["figure"],
                "source": r["source_url"],
                **_in_series(r["date"], r["fact"], r["figure"]),
            }
            for r in csv.DictReader(file)
        ]
    db.session.execute(insert(PublishedFact), rows)


def _in_series(period: str, statement: str, figure: str) -> dict[str, Any]:
    """Days and number of a figure that belongs to a series. Reports are one of each month: a sum
    of several months is none of them."""
    kind = next((kind for words, kind in SERIES.items() if statement.startswith(words)), None)
    first, _to, last = period.partition("..")
    if kind is NationalSeries.REPORTS and (last or len(first) != len("2024-01")):
        kind = None
    if kind is None:
        return dict.fromkeys(("series", "starts_on", "ends_on", "amount"))
    number = re.match(r"\d+", figure)
    counts = kind in (NationalSeries.REPORTS, NationalSeries.REQUESTS)
    return {
        "series": kind,
        "starts_on": _day(first),
        "ends_on": _day(last or first, is_last=True),
        "amount": int(number[0]) if number and counts else None,
    }


def _day(text: str, *, is_last: bool = False) -> date:
    """The first or last day of a year, a month or a day."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return date(*parts)
    month = parts[1] if len(parts) == 2 else 12 if is_last else 1
    return date(parts[0], month, monthrange(parts[0], month)[1] if is_last else 1)
