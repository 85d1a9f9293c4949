"""What the figures count, as conditions: a number and the list of its rows are one definition.

The words follow the method of the scorecard: clock zero is the delivery, the seconds are whole,
and "within 24 hours" is at most 24:00:00.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_, true

from portal.core.db import SecondsBetween
from portal.removal_requests.models import (
    ANSWER_WITHIN,
    MeasureType,
    Outcome,
    Recheck,
    RemovalRequest,
    Verification,
)

R = RemovalRequest
GONE_WITHIN = timedelta(hours=48)
"""The mark of R2 of the method, from the US TAKE IT DOWN Act."""
AGES = (timedelta(hours=24), timedelta(hours=48), timedelta(days=7), timedelta(days=30))
"""Where the bands of the age of an open request end."""

IS_EXCLUDED = and_(R.exclusion.is_not(None), R.excluded_by.is_not(None))
# A question back is no answer: the company's clock runs on.
# The words stand in the statement and not beside it: by them a partial index is found.
IS_WAITING = or_(R.outcome.is_(None), R.outcome == literal_column("'needs_information'"))
UNANSWERED = and_(IS_WAITING, ~IS_EXCLUDED)

IS_ASKED = and_(R.measure_type != MeasureType.BLOCK, ~IS_EXCLUDED)
"""Asked of the company, and in the cohort. Blocks are executed by Korean providers."""
IS_DELIVERED = and_(R.delivered_at.is_not(None), IS_ASKED)
IS_ANSWERED = and_(R.outcome.is_not(None), R.outcome != Outcome.NEEDS_INFORMATION)
ANSWERED_AT = func.coalesce(R.answered_at, R.decided_at, type_=R.decided_at.type)
"""A refusal that became a removal was answered when it was refused."""
REMOVALS = {
    MeasureType.REMOVAL: (Outcome.REMOVED,),
    MeasureType.ACCOUNT: (Outcome.REMOVED, Outcome.ACCOUNT_ACTION),
}
"""By what was asked for, the outcomes by which it is gone at the source; a geo-restriction is none."""
IS_GONE = and_(
    R.verification == Verification.GONE,
    or_(*(and_(R.measure_type == asked, R.outcome.in_(o)) for asked, o in REMOVALS.items())),
)
GONE_AT = func.coalesce(R.removed_at, R.verified_at, type_=R.removed_at.type)
_EARLIER = R.__table__.alias("earlier")
IS_AGAIN = and_(
    R.previous_id.is_not(None),
    exists().where(_EARLIER.c.id == R.previous_id, _EARLIER.c.company_id == R.company_id),
)
"""A further spell of what the same company was asked for before. What an earlier company of a platform
was asked for is no spell of its successor's, who is to know nothing of it."""
HAS_COME_BACK = and_(IS_GONE, or_(R.recheck == Recheck.REAPPEARED, R.reappeared_at.is_not(None)))


def within(end: ColumnElement[datetime], most: timedelta) -> ColumnElement[bool]:
    """Whether an instant is at most so long after the delivery."""
    return SecondsBetween(R.delivered_at, end) <= int(most.total_seconds())


IN_TIME = and_(IS_ANSWERED, within(ANSWERED_AT, ANSWER_WITHIN))
GONE_IN_TIME = and_(IS_GONE, within(GONE_AT, GONE_WITHIN))


class Counted(StrEnum):
    """What a figure counts among the requests that were delivered to a company."""

    DELIVERED = "counted_delivered"
    FOLLOWED_24H = "counted_followed_24h"
    ANSWERED_24H = "counted_answered_24h"
    NOT_ANSWERED_24H = "counted_not_answered_24h"
    FOLLOWED_48H = "counted_followed_48h"
    GONE_48H = "counted_gone_48h"
    NOT_GONE_48H = "counted_not_gone_48h"
    GONE = "counted_gone"
    CAME_BACK = "counted_came_back"
    AGAIN = "counted_again"
    RESTRICTED = "counted_restricted"
    BLOCKS = "counted_blocks"
    EXCLUDED = "counted_excluded"
    OPEN = "counted_open"
    OPEN_24H = "counted_open_24h"
    OPEN_48H = "counted_open_48h"
    OPEN_7D = "counted_open_7d"
    OPEN_30D = "counted_open_30d"
    OPEN_LONGER = "counted_open_longer"


OPEN_BANDS = (
    Counted.OPEN_24H, Counted.OPEN_48H, Counted.OPEN_7D, Counted.OPEN_30D, Counted.OPEN_LONGER,
)  # fmt: skip


def counted(what: Counted, at: datetime) -> ColumnElement[bool]:
    """The condition for what a figure counts, as it stands at an instant."""
    if what is Counted.BLOCKS:
        is_block = R.measure_type == MeasureType.BLOCK
        return and_(R.delivered_at.is_not(None), is_block, ~IS_EXCLUDED)
    if what is Counted.EXCLUDED:
        is_asked = R.measure_type != MeasureType.BLOCK
        return and_(R.delivered_at.is_not(None), is_asked, IS_EXCLUDED)
    return and_(IS_DELIVERED, told_apart(what, at))


def told_apart(what: Counted, at: datetime) -> ColumnElement[bool]:
    """What tells the requests that a figure counts from the others that were delivered.

    A request that was followed for less than 24 (48) hours is in neither part of a share of those
    answered (gone) within them, even if it was answered already: else fast answers would enter
    early and slow ones late.
    """
    if what in OPEN_BANDS:
        place = OPEN_BANDS.index(what)
        since, until = (None, *AGES)[place], (*AGES, None)[place]
        ages = [R.delivered_at <= at - since] if since else []
        ages += [R.delivered_at > at - until] if until else []
        return and_(IS_WAITING, *ages)
    long_24h = R.delivered_at <= at - ANSWER_WITHIN
    long_48h = R.delivered_at <= at - GONE_WITHIN
    return {
        Counted.DELIVERED: true(),
        Counted.FOLLOWED_24H: long_24h,
        Counted.ANSWERED_24H: and_(long_24h, IN_TIME),
        Counted.NOT_ANSWERED_24H: and_(long_24h, func.coalesce(IN_TIME, False).is_(False)),
        Counted.FOLLOWED_48H: long_48h,
        Counted.GONE_48H: and_(long_48h, GONE_IN_TIME),
        Counted.NOT_GONE_48H: and_(long_48h, func.coalesce(GONE_IN_TIME, False).is_(False)),
        Counted.GONE: IS_GONE,
        Counted.CAME_BACK: HAS_COME_BACK,
        Counted.AGAIN: IS_AGAIN,
        Counted.RESTRICTED: R.outcome == Outcome.RESTRICTED,
        Counted.OPEN: IS_WAITING,
    }[what]
