"""The duty roster of the demo: seven operators, one gap and one double booking ahead, calls of twelve weeks.

Who is on when, and when somebody called, is synthetic. Nobody called these codes.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from secrets import token_hex

from sqlalchemy import insert, select, update

from portal.access.actor import Role
from portal.accounts.models import Account
from portal.companies.models import Platform
from portal.core.clock import SEOUL, local_date
from portal.core.db import db
from portal.demo.synthetic import Players
from portal.hotline.models import Channel, Ground, Intake
from portal.removal_requests.models import RemovalRequest as R
from portal.shifts import pattern, service
from portal.shifts.models import OnHolidays

SEED = 20240828
BEGUN = timedelta(days=70)
MORNING, AFTERNOON, NIGHT = ("06:00", "14:00"), ("14:00", "22:00"), ("22:00", "06:00")
OFFICE = ("09:00", "17:00")
CREWS = (
    ("operator@kcsc.example", (0, 1, 2), NIGHT),
    ("operator2@kcsc.example", (0, 1, 2, 3, 4), MORNING),
    ("operator3@kcsc.example", (0, 1, 2, 3, 4), AFTERNOON),
    ("operator4@kcsc.example", (3, 4, 5), NIGHT),
    ("operator5@kcsc.example", (1, 2, 3, 4), OFFICE),
    ("operator5@kcsc.example", (6,), NIGHT),
    ("operator6@kcsc.example", (5, 6), MORNING),
    ("operator7@kcsc.example", (5, 6), AFTERNOON),
)
# Calls an hour, by the hour of the day in Seoul: the evening and the night are busier.
HABIT = (9, 6, 4, 2, 1, 1, 1, 2, 4, 6, 8, 9, 8, 9, 10, 10, 10, 11, 11, 12, 14, 16, 15, 12)
PER_DAY = 10
LINKED = 3
"""Every third synthetic request of these weeks came by way of the hotline."""
NOTE = (
    "[가상] 같은 채널에 관한 접수가 한 시간 안에 두 건 들어와 모두 인계했습니다."
    " 한 플랫폼의 신고 양식은 04:10까지 열리지 않았습니다."
)


def load(*, at: datetime) -> None:
    """Put the crews on the roster ten weeks ago, and make one gap and one double booking ahead."""
    head = Players.account("head@kcsc.example").as_actor()
    begun = at - BEGUN
    rules = {}
    for email, weekdays, (starts, ends) in CREWS:
        rules[email, starts] = service.add_rule(
            account=Players.account(email), weekdays=weekdays, starts=starts, ends=ends,
            from_on=local_date(begun), by=head, at=begun,
            on_holidays=OnHolidays.NOT if starts == OFFICE[0] else OnHolidays.AS_USUAL,
        )  # fmt: skip
    # The one gap: nobody has the afternoon of the Monday after next. The one double booking: the
    # day after it, from 12:00 to 14:00.
    today = local_date(at)
    monday = today + timedelta(days=14 - today.weekday())
    service.drop(
        rules["operator3@kcsc.example", AFTERNOON[0]], monday, reason="[가상] 교육 참석",
        by=head, at=at - timedelta(days=2),
    )  # fmt: skip
    on = monday + timedelta(days=1)
    service.add_shift(
        Players.account("operator2@kcsc.example"),
        starts_at=pattern.wall(on, pattern.time(12)), ends_at=pattern.wall(on, pattern.time(18)),
        reason="[가상] 상담 증가 예상", by=head, at=at - timedelta(days=1),
    )  # fmt: skip
    service.write_note(NOTE, by=Players.account("operator@kcsc.example").as_actor(),
                       at=at - timedelta(hours=6))  # fmt: skip
    _calls(at)


def _calls(at: datetime) -> None:
    """Twelve weeks of calls, all of them erased but for their times: what a plan is made from."""
    dice = random.Random(SEED)
    operators = list(
        db.session.scalars(
            select(Account.id).where(Account.role == Role.OPERATOR).order_by(Account.id)
        )
    )
    platforms = list(db.session.scalars(select(Platform.id).order_by(Platform.id)))
    midnight = at.astimezone(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = []
    for back in range(84, 0, -1):
        on = midnight - timedelta(days=back)
        busy = 1.25 if on.weekday() >= 5 else 1.0
        for _n in range(round(PER_DAY * busy * dice.uniform(0.6, 1.4))):
            hour = dice.choices(range(24), HABIT)[0]
            received = on + timedelta(hours=hour, seconds=dice.randrange(3600))
            rows.append(
                {
                    "case_code": f"SYN-{token_hex(6).upper()}",
                    "secret_hash": "",
                    "channel": dice.choices(list(Channel), (6, 3, 2, 1))[0],
                    "platform_id": dice.choice(platforms),
                    "reference_encrypted": "",
                    "reference_count": dice.choices((1, 2, 3), (8, 2, 1))[0],
                    "ground": dice.choices(list(Ground), (7, 3, 1))[0],
                    "is_minor_involved": dice.random() < 0.3,
                    "received_at": received,
                    "recorded_at": received + timedelta(minutes=1),
                    "recorded_by_id": dice.choice(operators),
                    "handed_over_at": received + timedelta(minutes=dice.randint(3, 40)),
                    "erased_at": received + timedelta(minutes=45),
                }
            )
    db.session.execute(insert(Intake), rows)
    requests = db.session.execute(
        select(R.id, R.platform_id, R.recorded_at)
        .where(
            R.recorded_at >= midnight - timedelta(days=84), R.is_synthetic, R.intake_id.is_(None)
        )
        .order_by(R.id)
    ).all()[::LINKED]
    for number, platform_id, recorded_at in requests:
        # Received when the request was recorded: the regulator's own clock stays what it was.
        intake = Intake(
            case_code=f"SYN-{token_hex(6).upper()}", secret_hash="", channel=Channel.PHONE,
            platform_id=platform_id, reference_encrypted="", is_minor_involved=False,
            received_at=recorded_at, recorded_by_id=operators[0], handed_over_at=recorded_at,
            erased_at=recorded_at,
        )  # fmt: skip
        db.session.add(intake)
        db.session.flush()
        db.session.execute(update(R).where(R.id == number).values(intake_id=intake.id))
