"""Charts as SVG: plain data in, markup out, the same markup for the same data.

One family for page and print. Everything is a presentation attribute (a strict content policy forbids style), every
difference in colour is also one in pattern, dash or shape (many of us print in grey), labels stand at what they name and
inside the drawing, and title and desc say in words what is drawn. Words and number formats come from the caller.
"""

from portal.core.charts.axes import Band, Format, Interval
from portal.core.charts.drawing import swatch
from portal.core.charts.looks import (
    BLUE,
    HOUSE,
    LOOKS,
    Look,
    free_place,
    kept_index,
    kept_look,
    looks_for,
)
from portal.core.charts.months import Series, bar_chart, line_chart, sparkline
from portal.core.charts.removal import Step, removal_curve
from portal.core.charts.shares import TimelyRow, in_time_chart, share_bar
from portal.core.charts.strips import RunRow, StripRow, interval_strip, run_strip
from portal.core.charts.week import WeekRow, week_chart

__all__ = [
    "BLUE",
    "HOUSE",
    "LOOKS",
    "Band",
    "Format",
    "Interval",
    "Look",
    "RunRow",
    "Series",
    "Step",
    "StripRow",
    "TimelyRow",
    "WeekRow",
    "bar_chart",
    "free_place",
    "in_time_chart",
    "interval_strip",
    "kept_index",
    "kept_look",
    "line_chart",
    "looks_for",
    "removal_curve",
    "run_strip",
    "share_bar",
    "sparkline",
    "swatch",
    "week_chart",
]
