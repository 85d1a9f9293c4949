"""Mails as they really come: charsets, shapes, sizes and forgeries."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from portal.replies.itip import Unusable, read_calendar, read_mail
from portal.replies.models import Why

KOREAN = "네, 참석하겠습니다. 뷁"
"""The last sign is in cp949 but not in euc-kr, under whose name such mail is sent."""
GOOD = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
METHOD:REPLY
BEGIN:VEVENT
UID:1@x
SEQUENCE:2
DTSTAMP:20260302T010000Z
ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.example
END:VEVENT
END:VCALENDAR
"""


def raw(body: bytes, *headers: str) -> bytes:
    top = ["From: Kim <kim@telegram.example>", "Message-ID: <1@x>", *headers]
    return "\r\n".join(top).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("charset", ["utf-8", "cp949", "euc-kr", "ks_c_5601-1987", "no-such-one"])
def test_korean_is_read_whatever_charset_is_named(charset: str) -> None:
    real = "utf-8" if charset == "utf-8" else "cp949"
    mail = raw(
        KOREAN.encode(real), f"Content-Type: text/plain; charset={charset}",
        "Content-Transfer-Encoding: 8bit", "Subject: =?euc-kr?B?yLi9xQ==?=",
    )  # fmt: skip

    read = read_mail(mail)

    assert (read.text, read.subject, read.sender) == (KOREAN, "회신", "kim@telegram.example")


def test_iso_2022_kr_is_read() -> None:
    body = "참석합니다".encode("iso-2022-kr")

    assert (
        read_mail(raw(body, "Content-Type: text/plain; charset=iso-2022-kr")).text == "참석합니다"
    )


def test_of_a_page_only_the_words_are_read() -> None:
    page = b"<html><head><style>p{}</style></head><p>Yes,<br>we come</p><script>x()</script>"

    assert read_mail(raw(page, "Content-Type: text/html")).text == "Yes,\nwe come"


def test_the_part_counts_and_not_the_file_beside_it() -> None:
    message = EmailMessage()
    message["From"] = "kim@telegram.example"
    message.set_content("x")
    message.add_alternative(GOOD, subtype="calendar", params={"method": "reply"})
    message.add_attachment(b"BEGIN:OTHER", "application", "ics", filename="invite.ics")

    read = read_mail(message.as_bytes())

    assert read.method == "REPLY"
    assert read_calendar(read.calendar or b"").uid == "1@x"


@pytest.mark.parametrize(
    "sender",
    [
        "From: a@b.example, c@d.example",
        "From: a@b.example\r\nFrom: c@d.example",
        "From: nobody",
        "",
    ],
)
def test_who_sends_for_several_is_nobody(sender: str) -> None:
    message = f"{sender}\r\nSubject: x\r\n\r\nx".lstrip().encode()

    assert read_mail(message).sender in ("", "nobody")


@pytest.mark.parametrize(
    ("results", "is_vouched"),
    [
        ("mx.kcsc.example; dmarc=pass header.from=telegram.example", True),
        ("mx.kcsc.example; dkim=pass (2048 bit; ok) header.d=mail.telegram.example", True),
        ("mx.kcsc.example; spf=pass smtp.mailfrom=bounce@telegram.example; dkim=none", True),
        ("mx.kcsc.example 1; dkim=pass header.i=@telegram.example; dmarc=fail", False),
        ("mx.kcsc.example; spf=fail smtp.mailfrom=kim@telegram.example", False),
        ("mx.kcsc.example; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example", False),
        ("mx.kcsc.example; dkim=pass header.d=eviltelegram.example", False),
        ("mx.kcsc.example; none", False),
        ("evil.example; dmarc=pass", False),
        ("mx.kcsc.example.evil.example; dmarc=pass", False),
        ("", False),
    ],
)  # fmt: skip
def test_the_trusted_server_alone_stands_in_for_a_sender(
    results: str, is_vouched: bool
) -> None:
    header = [f"Authentication-Results: {results}"] if results else []

    assert read_mail(raw(b"x", *header), trusted="MX.kcsc.example").is_vouched is is_vouched
    assert read_mail(raw(b"x", *header)).is_vouched is None


def test_of_several_results_the_topmost_counts() -> None:
    mail = raw(
        b"x",
        "Authentication-Results: mx.kcsc.example; dmarc=fail",
        "Authentication-Results: mx.kcsc.example; dmarc=pass",
    )

    assert read_mail(mail, trusted="mx.kcsc.example").is_vouched is False


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("SEQUENCE:2", "SEQUENCE:two", Why.UNREADABLE),
        ("SEQUENCE:2", "SEQUENCE:2\nSEQUENCE:3", Why.UNREADABLE),
        ("UID:1@x\n", "", Why.INCOMPLETE),
        ("20260302T010000Z", "20260302T010000", Why.INCOMPLETE),
        ("20260302T010000Z", "99999999T999999Z", Why.UNREADABLE),
        ("END:VCALENDAR\n", "", Why.UNREADABLE),
        ("BEGIN:VEVENT", "BEGIN:VTODO", Why.INCOMPLETE),
        ("METHOD:REPLY\n", "", Why.METHOD),
        ("METHOD:REPLY", "METHOD:CANCEL", Why.METHOD),
        ("VERSION:2.0", "VERSION:2.0\n" + "BEGIN:X\nEND:X\n" * 50, Why.UNREADABLE),
        ("SEQUENCE:2", "SEQUENCE:2\nX-LONG:" + "x" * 300_000, Why.TOO_LARGE),
    ],
)
def test_a_broken_calendar_says_what_is_wrong(old: str, new: str, why: Why) -> None:
    assert read_calendar(GOOD.encode()).sequence == 2
    assert old in GOOD

    with pytest.raises(Unusable) as refused:
        read_calendar(GOOD.replace(old, new).encode())

    assert refused.value.why is why


def test_a_rule_made_to_run_for_hours_does_not_run() -> None:
    rule = "RRULE:FREQ=SECONDLY;INTERVAL=1"
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Evil\nBEGIN:STANDARD\nDTSTART:19000101T000000\n"
        f"TZOFFSETFROM:+0900\nTZOFFSETTO:+0900\n{rule}\nEND:STANDARD\nBEGIN:DAYLIGHT\n"
        f"DTSTART:19000102T000000\nTZOFFSETFROM:+0900\nTZOFFSETTO:+1000\n{rule}\n"
        "END:DAYLIGHT\nEND:VTIMEZONE\n"
    )
    text = GOOD.replace("BEGIN:VEVENT\n", f"{zone}BEGIN:VEVENT\n").replace(
        "SEQUENCE:2", f"SEQUENCE:2\nDTSTART;TZID=Evil:20260302T100000\n{rule}"
    )

    # Where the mail's own definition of the zone was used, this would not end.
    read = read_calendar(text.encode())

    assert (read.uid, read.starts_at) == ("1@x", None)


@pytest.mark.parametrize("damage", range(40))
def test_no_damaged_mail_gets_through_with_anything_but_a_reason(damage: int) -> None:
    message = EmailMessage()
    message["From"] = "kim@telegram.example"
    message.set_content("x")
    message.add_alternative(GOOD, subtype="calendar", params={"method": "REPLY"})
    whole = message.as_bytes()
    cut = len(whole) * damage // 40
    broken = whole[:cut] + bytes([damage * 6 % 256]) * 3 + whole[cut + damage :]

    try:
        read = read_mail(broken)
        if read.calendar is not None:
            read_calendar(read.calendar, label=read.method)
    except Unusable as problem:
        assert problem.why in Why
