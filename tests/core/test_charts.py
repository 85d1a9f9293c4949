"""Every chart is whole SVG, says in words what it shows, obeys the content policy and keeps its labels inside."""

import re
import xml.etree.ElementTree as ET

import pytest

from portal.core import charts
from portal.core.charts import Series, Step, StripRow, TimelyRow, drawing

NS = "{http://www.w3.org/2000/svg}"
MONTHS = [f"{month}월" for month in range(1, 13)]
RATES = [0.82, 0.85, None, 0.9, 0.91, 0.92, None, 0.94, 0.93, 0.95, 0.96, 0.97]
BAND = [None if rate is None else (rate - 0.05, min(rate + 0.03, 1)) for rate in RATES]
STEPS = [Step(2, 0.9, 0.85, 0.95), Step(20, 0.4, 0.3, 0.5), Step(60, 0.05, 0.02, 0.1)]
SAID = {"title": "제목 <1>", "description": "82% & 97%"}


def lines(**more):
    series = [
        Series("one", "아주 긴 이름을 가진 회사 <A>", RATES, BAND),
        Series("all", "모든 회사", [0.9] * 12),
    ]
    return charts.line_chart(
        series,
        MONTHS,
        target=0.9,
        target_label="기준",
        limits=(0.5, 1),
        format="{:.0%}".format,
        **SAID,
        **more,
    )


def bars(**more):
    series = [
        Series("a", "삭제", [100 + n for n in range(12)]),
        Series("b", "접근 제한", [5, None, 7] * 4),
        Series("c", "거절", [3] * 12),
    ]
    return charts.bar_chart(series, MONTHS, **SAID, **more)


def curve(**more):
    return charts.removal_curve(
        STEPS,
        mark_label="{:g}시간".format,
        target=0.9,
        target_label="기준",
        band_label="95% 신뢰구간",
        **SAID,
        **more,
    )


def timely(**more):
    rows = [
        TimelyRow("짧은 것", 8, 2, 3),
        TimelyRow("A very long description of a thing that was agreed upon last spring", 0, 0, 0),
    ]
    return charts.in_time_chart(rows, words=("기한 내", "지연", "진행 중"), **SAID, **more)


def strip(**more):
    rows = [
        StripRow("하나", 0.95, 0.91, 0.97),
        StripRow("둘", 0.7, 0.6, 0.8, target=0.5),
        StripRow("셋", None, note="자료 부족"),
    ]
    return charts.interval_strip(
        rows, target=0.9, target_label="기준", words=("충족", "판단 유보", "미달"), **SAID, **more
    )


def spark(**more):
    return charts.sparkline(RATES, title=SAID["title"], **more)


ALL = [lines, bars, curve, timely, strip]


def furthest(text):
    """From where to where a label reaches, by a measure of its own: 1 em a Hangul syllable, 0.35 em a space, 0.58 em anything else."""
    size = float(text.get("font-size", 10))
    wide = sum(
        size * (1 if "가" <= letter <= "힣" else 0.35 if letter == " " else 0.58)
        for letter in text.text or ""
    )
    x = float(text.get("x"))
    return {"start": (x, x + wide), "middle": (x - wide / 2, x + wide / 2), "end": (x - wide, x)}[
        text.get("text-anchor")
    ]


@pytest.mark.parametrize("draw", [*ALL, spark])
def test_says_in_words_what_it_shows(draw):
    svg = ET.fromstring(draw())

    ids = svg.get("aria-labelledby").split()
    assert svg.get("role") == "img"
    assert ids == [e.get("id") for e in svg if e.tag in (f"{NS}title", f"{NS}desc")]
    assert svg.find(f"{NS}title").text == "제목 <1>"
    assert draw is spark or svg.find(f"{NS}desc").text == "82% & 97%"


@pytest.mark.parametrize("draw", [*ALL, spark])
def test_obeys_a_policy_without_inline_style(draw):
    for element in ET.fromstring(draw()).iter():
        assert element.tag != f"{NS}style"
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("wide", [306, 640])
@pytest.mark.parametrize("draw", ALL)
def test_labels_stay_inside(draw, wide):
    svg = ET.fromstring(draw(width=wide))
    _, _, width, height = map(float, svg.get("viewBox").split())
    labels = list(svg.iter(f"{NS}text"))

    assert labels
    for label in labels:
        start, end = furthest(label)
        assert start >= 0 and end <= width, (label.text, start, end)
        assert 8 <= float(label.get("y")) <= height, label.text


@pytest.mark.parametrize("draw", [*ALL, spark])
def test_is_the_same_for_the_same_data(draw):
    assert draw() == draw()


def test_two_drawings_share_no_id():
    ids = [
        found
        for drawn in (bars(), bars(height=300, chart_id="other"), timely())
        for found in re.findall(r' id="([^"]+)"', drawn)
    ]

    assert len(ids) == len(set(ids))


def test_every_reference_to_a_pattern_is_kept():
    for drawn in (bars(), timely()):
        assert set(re.findall(r"url\(#([^)]+)\)", drawn)) == set(
            re.findall(r'<pattern id="([^"]+)"', drawn)
        )


def test_a_key_looks_the_same_everywhere():
    assert charts.looks_for(["telegram"])["telegram"] == charts.looks_for(["telegram"])["telegram"]
    palette = {"x": 0, "y": 1}
    assert (
        charts.looks_for(["y"], palette)["y"]
        == charts.looks_for(["x", "y", "z"], palette)["y"]
        == charts.LOOKS[1]
    )


def test_keys_in_one_chart_look_different():
    looks = charts.looks_for([f"key {n}" for n in range(len(charts.LOOKS))])

    assert len(set(looks.values())) == len(charts.LOOKS)


def luminance(colour):
    """WCAG 2.2: relative luminance of an sRGB colour."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_looks_are_told_apart_without_their_colour_and_can_be_read():
    assert len(charts.LOOKS) > 16
    assert len({(look.shape, look.dash) for look in charts.LOOKS}) == len(charts.LOOKS)
    # Names stand beside lines in their colour: as text they need 4.5 to 1.
    assert min(1.05 / (luminance(look.colour) + 0.05) for look in charts.LOOKS) >= 4.5
    drawn = {look.shape: drawing.draw_mark(look.shape, 0, 0, 4, "#000000") for look in charts.LOOKS}
    assert len(set(drawn.values())) == len(drawn)


def test_places_are_kept_apart_and_do_not_tell_who_came_before():
    names, taken = [f"company-{n}" for n in range(len(charts.LOOKS) - 1)], []
    for name in names:
        taken.append(charts.free_place(name, taken))

    assert sorted(taken) == list(range(len(names)))
    assert charts.free_place("company-5", []) == charts.free_place("company-5", [])
    assert {charts.kept_look(place) for place in taken} == set(charts.LOOKS) - {charts.HOUSE}
    # All are taken: two share one, rather than none having any.
    assert charts.free_place("one-more", taken) in taken


@pytest.mark.parametrize("place", [3, 17])
def test_one_that_keeps_its_look_has_it_in_every_kind_of_chart(place):
    look = charts.kept_look(place)
    drawn = [
        charts.removal_curve(STEPS, look=look, **SAID),
        charts.interval_strip([StripRow("a", 0.5, 0.4, 0.6, look=look)], **SAID),
        charts.share_bar([("A", 0.6), ("B", 0.4)], chosen="A", look=look, **SAID),
        charts.run_strip([charts.RunRow("a", 40, 60)], edges=[], look=look, **SAID),
        charts.line_chart([Series("a", "A", [1, 2])], "ab", palette={"a": charts.kept_index(place)}, **SAID),
        charts.swatch(look, "a"),
    ]  # fmt: skip

    for one in drawn:
        assert look.colour in one
        assert charts.BLUE not in one
    timely = charts.in_time_chart([TimelyRow("a", 1, 0, 0, look)], words=("x", "y", "z"), **SAID)
    assert drawing.draw_mark(look.shape, 0, 0, 3.6, look.colour)[:5] in timely
    assert look.colour in timely


def test_a_month_without_value_is_a_gap():
    svg = ET.fromstring(
        charts.line_chart([Series("a", "A", [1, 2, None, 3, 4])], list("abcde"), **SAID)
    )

    assert len(list(svg.iter(f"{NS}polyline"))) == 2


@pytest.mark.parametrize(("values", "said"), [([1, 2], "A 2<"), ([1, None], "A 1 (26-08)<")])
def test_a_line_that_ends_early_says_in_which_month(values, said):
    assert said in charts.line_chart([Series("a", "A", values)], ["26-08", "26-09"], **SAID)


def test_the_curve_tells_the_share_gone_at_the_marks():
    said = [text.text for text in ET.fromstring(curve()).iter(f"{NS}text")]

    assert [text for text in said if text in ("60%", "95%")] == ["60%", "60%", "95%"]


@pytest.mark.parametrize(
    "drawn",
    [
        lambda: charts.line_chart([], [], **SAID),
        lambda: charts.line_chart([Series("a", "A", [None])], ["1"], **SAID),
        lambda: charts.bar_chart([], [], **SAID),
        lambda: charts.bar_chart([Series("a", "A", [0, None])], ["1", "2"], **SAID),
        lambda: charts.removal_curve([], **SAID),
        lambda: charts.in_time_chart([], words=("a", "b", "c"), **SAID),
        lambda: charts.interval_strip([], **SAID),
        lambda: charts.sparkline([], title="t"),
        lambda: charts.sparkline([1, 1], title="t"),
    ],
)
def test_nothing_to_show_is_still_a_drawing(drawn):
    assert ET.fromstring(drawn()).tag == f"{NS}svg"
