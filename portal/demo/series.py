"""A regular consultation in the demo: by rule, one of its days left out, one moved abroad."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from portal.core.clock import SEOUL, local_date
from portal.demo.synthetic import Players
from portal.series import queries, service
from portal.series.rule import Rule, ShortMonth, Unit
from portal.series.service import Choice, Plan


def load(*, at: datetime) -> None:
    """Begin a quarterly series with Google: every third month on its last Thursday at nine."""
    players = Players()
    plan = Plan(
        rule=Rule(Unit.WEEKDAY_OF_MONTH, 3, 3, -1, 1, ShortMonth.LAST_DAY),
        first_on=local_date(at) + timedelta(days=45), until_on=None, time=time(9), duration=120,
        zone=SEOUL.key, venue="방송회관 회의실 (서울 양천구) / Meeting room, Broadcasting Centre, Seoul",
        venue_country="KR", title_ko="분기 정례협의", title_en="Quarterly consultation",
    )  # fmt: skip
    second = plan.days(at=at)[1]
    abroad = Choice(
        wall=datetime.combine(second, time(14)), zone="Asia/Singapore", venue="Singapore"
    )
    series = service.start(
        players.companies["google"], plan, choices={second: abroad},
        delegates=[players.officer, players.head], by=players.officer.as_actor(), at=at,
    )  # fmt: skip
    for consultation in queries.occurrences(series.id):
        consultation.is_synthetic = True
