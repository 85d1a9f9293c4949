"""Taking a call, and opening it again with code and secret."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.core.errors import FieldError
from portal.core.outbox import Letter
from portal.core.secrets import unseal
from portal.hotline import codes, service
from portal.hotline.models import Channel, Ground, Intake
from tests.hotline.conftest import platform_of

SECRET_REFERENCE = "https://t.example/c/SECRETWORD"


def test_a_call_is_stored_sealed_and_logged_without_its_reference(
    cast: Any, companies: Any, take: Any, at: Any
) -> None:
    intake, secret = take(
        reference=f" {SECRET_REFERENCE} ", channel=Channel.AGENCY, is_minor_involved=True
    )

    assert unseal(intake.reference_encrypted) == SECRET_REFERENCE
    assert (intake.channel, intake.is_minor_involved, intake.received_at) == (
        Channel.AGENCY, True, at,
    )  # fmt: skip
    assert (intake.recorded_by_id, intake.handed_over_at) == (cast.operator.id, None)
    assert intake.platform.company_id == companies["telegram"].id
    assert codes.cleaned(intake.case_code) == intake.case_code
    stored = [str(value) for value in vars(intake).values()]
    for hidden in ("SECRETWORD", secret, codes.bare(secret)):
        assert not any(hidden in value for value in stored)
    event = db.session.query(AuditEvent).filter_by(verb="intake:record").one()
    assert event.account_id == cast.operator.id
    assert event.details == {
        "case_code": intake.case_code, "channel": "another_agency", "is_elsewhere": False,
    }  # fmt: skip
    assert db.session.query(Letter).count() == 0


def test_code_and_secret_open_it_together_and_neither_alone(take: Any) -> None:
    (one, secret), (two, other_secret) = take(), take()

    assert service.opened_by(one.case_code, secret) is one
    assert (
        service.opened_by(one.case_code.lower().replace("-", " "), secret.replace(" ", "")) is one
    )
    assert service.opened_by(one.case_code, other_secret) is None
    assert service.opened_by(two.case_code, secret) is None
    assert service.opened_by(one.case_code, "") is None
    assert service.opened_by(codes.code_of(1), secret) is None
    assert service.opened_by("nonsense", secret) is None


def test_an_address_of_another_platform_is_named_while_the_caller_is_on_the_line(
    take: Any, companies: Any
) -> None:
    platform = platform_of(companies["telegram"])
    platform.hosts = "t.me telegram.org"
    db.session.commit()
    with pytest.raises(FieldError) as refusal:
        take(reference="https://t.me/c/1/2\nhttps://www.x.com/someone/status/9")

    assert str(refusal.value).startswith(
        "Line 2: x.com is no host of this platform (t.me, telegram.org)"
    )
    # Whose it is, is said where a platform with that host is known.
    assert "belongs to" not in str(refusal.value)
    platform_of(companies["x"]).hosts = "x.com"
    db.session.commit()
    with pytest.raises(FieldError, match=r"The address belongs to: X\."):
        take(reference="https://www.x.com/someone/status/9")
    assert take(reference="t.me/c/1/2")[0].reference_count == 1
    assert take(reference="https://short.example/a", is_elsewhere=True)[0].reference_count == 1
    with pytest.raises(FieldError):
        take(reference="two words", is_elsewhere=True)


@pytest.mark.parametrize(
    "reference",
    [
        "", "   ", "https://a.example/1 https://a.example/2", "https://a.example/1\ntwo words",
        "https://a.example/" + "x" * 2000, "https://a.example/1\n010-1234-5678",
        "\n".join(f"https://a.example/{n}" for n in range(21)), "010-1234-5678", "kim@mail.example", "900101-1234567",
    ],
)  # fmt: skip
def test_what_is_no_reference_is_refused(take: Any, reference: str) -> None:
    with pytest.raises(FieldError) as refusal:
        take(reference=reference)

    assert refusal.value.field == "reference"
    assert db.session.query(Intake).count() == 0


@pytest.mark.parametrize(
    "reference",
    [
        "https://t.example/+821012345678",
        "https://x.example/a/status/4539578763621486",
        "https://video.example/@someone/1",
        "@channel_name",
        "https://한글.example/게시물?p=1#a",
    ],
)
def test_a_link_may_hold_long_numbers(take: Any, reference: str) -> None:
    intake, _secret = take(reference=reference)

    assert unseal(intake.reference_encrypted) == reference


@pytest.mark.parametrize("shift", [timedelta(minutes=1), timedelta(days=-7, minutes=-1)])
def test_a_call_to_come_or_of_long_ago_is_refused(take: Any, at: Any, shift: timedelta) -> None:
    with pytest.raises(FieldError) as refusal:
        take(received_at=at + shift)

    assert refusal.value.field == "received_at"


def test_a_call_of_the_night_before_keeps_its_time(take: Any, at: Any) -> None:
    intake, _secret = take(received_at=at - timedelta(hours=9))

    assert intake.received_at == at - timedelta(hours=9)


def test_the_same_form_sent_twice_is_one_call_with_one_secret(take: Any) -> None:
    first, secret = take(sheet="form-1", reference="https://t.example/1")
    again, same_secret = take(sheet="form-1", reference="https://t.example/1")

    assert (again.id, same_secret) == (first.id, secret)
    assert db.session.query(Intake).count() == 1
    assert db.session.query(AuditEvent).filter_by(verb="intake:record").count() == 1


def test_a_form_that_the_browser_kept_does_not_give_one_callers_code_to_the_next(take: Any) -> None:
    first, secret = take(sheet="form-1", reference="https://t.example/1")
    next_caller, other_secret = take(sheet="form-1", reference="https://t.example/2")
    again, same_secret = take(sheet="form-1", reference="https://t.example/2")

    assert next_caller.id != first.id
    assert next_caller.case_code != first.case_code
    assert other_secret != secret
    assert (again.id, same_secret) == (next_caller.id, other_secret)


def test_another_operator_gets_no_secret_out_of_the_same_form(take: Any, by: Any) -> None:
    first, secret = take(sheet="form-1", reference="https://t.example/1")
    other, other_secret = take(sheet="form-1", reference="https://t.example/1", by=by("head"))

    assert other.id != first.id
    assert other_secret != secret


def test_a_code_that_is_taken_is_not_given_again(take: Any) -> None:
    taken, _secret = take(sheet="form-1")
    db.session.query(Intake).filter_by(id=taken.id).update({"secret_hash": "0" * 64})
    db.session.commit()

    made, secret = take(sheet="form-1", reference="https://t.example/other")

    assert made.case_code != taken.case_code
    assert service.opened_by(made.case_code, secret) is made


def test_codes_and_secrets_do_not_follow_from_one_another(take: Any) -> None:
    made = [take() for _n in range(20)]

    assert len({intake.case_code for intake, _secret in made}) == 20
    assert len({secret for _intake, secret in made}) == 20
    assert len({intake.secret_hash for intake, _secret in made}) == 20


def test_several_references_are_one_call(take: Any) -> None:
    lines = " https://t.example/1 \r\n\r\nhttps://t.example/2\nhttps://t.example/1\n@channel\n"
    intake, secret = take(reference=lines, sheet="s", ground=Ground.NON_CONSENSUAL_IMAGE)
    again, same_secret = take(
        reference="https://t.example/1\nhttps://t.example/2\n@channel", sheet="s",
        ground=Ground.NON_CONSENSUAL_IMAGE,
    )  # fmt: skip

    kept = ["https://t.example/1", "https://t.example/2", "@channel"]
    assert service.references(intake) == kept
    assert unseal(intake.reference_encrypted) == "\n".join(kept)
    assert (intake.reference_count, intake.ground) == (3, Ground.NON_CONSENSUAL_IMAGE)
    assert (again.id, same_secret) == (intake.id, secret)


def test_a_bad_line_among_several_is_named_by_its_number(take: Any) -> None:
    with pytest.raises(FieldError, match=r"^Line 2: One address without spaces"):
        take(reference="https://t.example/1\ntwo words\nhttps://t.example/3")


def test_an_erased_intake_has_no_references(take: Any) -> None:
    intake, _secret = take()
    intake.reference_encrypted = ""

    assert service.references(intake) == []
