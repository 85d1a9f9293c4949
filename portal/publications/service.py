"""Embargo, public version and the company's own signature."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from portal.access.actor import Actor
from portal.access.scope import beyond_scope
from portal.core import calendar, files, signing
from portal.core.audit import record
from portal.core.clock import SEOUL
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import LANGUAGES, spoken
from portal.core.i18n import gettext as _
from portal.documents import queries as documents_of
from portal.documents import service as documents
from portal.documents import verification
from portal.documents.models import Document, DocumentKind
from portal.documents.verification import Standing
from portal.minutes import service as minutes_service
from portal.minutes.models import Minutes
from portal.publications import letters, queries, redaction
from portal.publications.models import Countersignature, PublicStatus, PublicVersion

MOST_PASSAGES = 200


def embargo(
    minutes: Minutes,
    *,
    until_wall: datetime,
    reason: str,
    readers: Sequence[int],
    by: Actor,
    at: datetime,
) -> None:
    """Let only named people see a record until a time in Seoul; an earlier embargo is replaced.

    Who may be named: our side's people, the invited bodies', and this company's. Action items
    that were agreed stay with those who owe them: what is owed is not under embargo.
    """
    hold(minutes)
    known = {person.id for person in queries.possible_readers(minutes)}
    if not set(readers) <= known:
        raise FieldError("readers", _("Name people from the list."))
    if until_wall is None or not 2000 <= until_wall.year <= 2100:
        raise FieldError("until", _("Give a date and time."))
    with beyond_scope("all versions of a record come under its embargo"):
        held_documents = list(_documents(minutes))
        before = queries.embargo_of(minutes)
        if before is not None:
            before.lifted_at = at
    held = documents.embargo(
        held_documents,
        company_id=minutes.company_id,
        until=calendar.instant(until_wall, SEOUL.key, field="until"),
        reason=reason,
        readers=readers,
        by=by,
        at=at,
    )
    minutes.embargo_id = held.id
    db.session.flush()
    record(
        "publications:embargo",
        minutes,
        by=by,
        at=at,
        until=held.until,
        reason=held.reason,
        readers=sorted(one.account_id for one in held.readers),
    )
    letters.embargoed(minutes, held, at=at)


def _documents(minutes: Minutes) -> Iterable[Document]:
    kinds = (DocumentKind.MINUTES, DocumentKind.MINUTES_PUBLIC)
    return documents_of.of_subject(*kinds, subject_id=minutes.id)


def lift(minutes: Minutes, *, by: Actor, at: datetime) -> None:
    """End the embargo of a record, before its time or because its time has come."""
    hold(minutes)
    with beyond_scope("the clock lifts an embargo that names it as little as anybody"):
        held = queries.embargo_of(minutes)
        if held is None:
            raise Refused(_("This record is under no embargo."))
        minutes.embargo_id = None
        documents.lift(held, by=by, at=at)
    record("publications:lift", minutes, by=by, at=at, until=held.until)
    letters.lifted(minutes, at=at)


def countersign(minutes: Minutes, content: bytes, *, by: Actor, at: datetime) -> Countersignature:
    """Keep the stored file with the company's own signature behind ours.

    Refused unless the file begins with the bytes of the present version, and nothing but valid
    further signatures stands behind them. Whom the certificate belongs to is not judged.
    """
    hold(minutes)
    if not minutes.is_binding:
        raise Refused(_("Only adopted minutes are signed."))
    if len(content) > verification.MOST_BYTES:
        raise FieldError("file", _("The file is larger than 32 MB; the signed minutes are not."))
    verdict = verification.examine(content)
    held = _beginning_of(minutes, content)
    if verdict.standing is Standing.ISSUED:
        raise FieldError(
            "file",
            _("This is the file as we issued it, without your signature. Sign it and send that."),
        )
    if verdict.standing is Standing.CHANGED and held is not None:
        raise FieldError(
            "file",
            _(
                "Something other than a valid signature was added to the file. Sign the stored PDF"
                " without changing or saving it anew, and send that."
            ),
        )
    if held is None or verdict.standing is not Standing.COUNTERSIGNED:
        raise FieldError(
            "file",
            _("This is not the present version of these minutes. Sign the stored PDF and send it."),
        )
    sha256 = files.store(content)
    signature = signing.signatures(content)[-1]
    if any(one.pdf_sha256 == sha256 for one in queries.countersignatures(minutes)):
        raise FieldError("file", _("This file is kept already."))
    kept = Countersignature(
        minutes_id=minutes.id,
        company_id=minutes.company_id,
        document_id=held.id,
        pdf_sha256=sha256,
        size=len(content),
        signer=signature.signer,
        fingerprint=signature.fingerprint,
        signed_at=signature.signed_at,
        filed_at=at,
        filed_by=by.name,
    )
    db.session.add(kept)
    db.session.flush()
    record(
        "publications:countersign",
        minutes,
        by=by,
        at=at,
        version=held.version,
        language=held.language,
        sha256=sha256,
        signer=signature.signer,
    )
    letters.countersigned(minutes, signer=signature.signer, at=at)
    return kept


def _beginning_of(minutes: Minutes, content: bytes) -> Document | None:
    for held in minutes_service.frozen(minutes).values():
        if (
            held.is_printed
            and len(content) >= held.size
            and hashlib.sha256(content[: held.size]).hexdigest() == held.pdf_sha256
        ):
            return held
    return None


def prepare(
    minutes: Minutes,
    passages: Sequence[str],
    *,
    is_without_names: bool,
    by: Actor,
    at: datetime,
) -> PublicVersion:
    """Make a public version: a document of its own from which the passages are truly gone.

    Its content is cut before it is printed, nothing is painted over. The finished PDF (text,
    structure, metadata, attachments) is searched for what was removed; a find refuses it. The
    accepted text and its hash are left out too: a short passage could be guessed from a hash.
    """
    hold(minutes)
    if not minutes.is_binding:
        raise Refused(_("Only adopted minutes have a public version."))
    if any(one.status is PublicStatus.PREPARED for one in queries.public_versions(minutes)):
        raise Refused(_("A public version is prepared already. Release it, or give it up, first."))
    given = [one.strip() for one in passages if one.strip()]
    if len(given) > MOST_PASSAGES:
        raise FieldError("passages", _("These are too many passages. Remove whole sentences."))
    for one in given:
        if len(redaction.plain(one)) < redaction.SHORTEST:
            raise FieldError(
                "passages", _("“%(words)s” is too short to be removed safely.", words=one)
            )
    frozen = minutes_service.frozen(minutes)
    missing = [
        one
        for one in given
        if not any(redaction.found_in_content(_printed(d), [one]) for d in frozen.values())
    ]
    if missing:
        raise FieldError(
            "passages",
            _("“%(words)s” does not stand in these minutes. Copy it exactly.", words=missing[0]),
        )
    if is_without_names:
        given += [name for name in _names(frozen["ko"].content) if name not in given]
    number = queries.next_number(minutes.id)
    version = PublicVersion(
        minutes_id=minutes.id,
        company_id=minutes.company_id,
        number=number,
        minutes_version=minutes.version,
        status=PublicStatus.PREPARED,
        passages=given,
        is_without_names=is_without_names,
        prepared_at=at,
        prepared_by=by.name,
    )
    db.session.add(version)
    for language in LANGUAGES:
        made = documents.freeze(
            DocumentKind.MINUTES_PUBLIC,
            template=minutes_service.TEMPLATE,
            content=_public(frozen[language], given, language)
            | {"minutes_version": minutes.version},
            company_id=minutes.company_id,
            subject_id=minutes.id,
            version=number,
            language=language,
            at=at,
            released_at=None,
            is_sealed=True,
            embargo_id=minutes.embargo_id,
        )
        _refuse_remains(made, given)
    db.session.flush()
    record("publications:prepare", minutes, by=by, at=at, number=number, passages=len(given))
    return version


def _printed(document: Document) -> dict[str, Any]:
    return {key: value for key, value in document.content.items() if key != "agreed"}


def _names(content: dict[str, Any]) -> list[str]:
    """The names of everybody who was there or accepted, in each way they are written."""
    people = [person["name"] for side in content["delegations"] for person in side["people"]]
    people += [acceptance["name"] for acceptance in content["acceptances"]]
    people += [
        item["disagreement"]["by"] for item in content["agreed"]["items"] if item["disagreement"]
    ]
    names = []
    for name in people:
        korean, _between, english = name.partition(" (")
        for one in (name, korean, english.rstrip(")")):
            if len(redaction.plain(one)) >= redaction.SHORTEST and one not in names:
                names.append(one)
    return names


def _public(document: Document, passages: list[str], language: str) -> dict[str, Any]:
    content: dict[str, Any] = redaction.removed(_printed(document), passages)
    with spoken(language, SEOUL.key):
        content["doc_title"] = _("Public version: %(title)s", title=content["doc_title"])
        content["copy_of"] = _(
            "This version was made for the public. What is not for the public was taken out and"
            " is marked %(mark)s. What counts is the adopted version.",
            mark=redaction.MARK,
        )
        if content["acceptance_lead"]:
            content["acceptance_lead"] = _("Both sides accepted the full text of these minutes.")
    content["agreed"] = {}
    content["text_hash"] = ""
    return content


def _refuse_remains(document: Document, passages: list[str]) -> None:
    remains = redaction.found_in_content(document.content, passages)
    remains += [one for one, _place in redaction.found_in_pdf(documents.stored(document), passages)]
    if remains:
        raise FieldError(
            "passages",
            _(
                "“%(words)s” would still be found in the file, in other letters or across a mark."
                " Remove the whole sentence.",
                words=remains[0],
            ),
        )


def release(version: PublicVersion, *, by: Actor, at: datetime) -> None:
    """A head of team lets a public version out; the stored files are searched once more.

    Refused while the record is under embargo or was corrected since.
    """
    minutes = version.minutes
    hold(minutes)
    hold(version)
    if version.status is not PublicStatus.PREPARED:
        version.move(PublicStatus.RELEASED)
    if minutes.embargo_id is not None:
        raise Refused(_("The record is under embargo. Lift the embargo first."))
    if version.minutes_version != minutes.version:
        raise Refused(_("The minutes were corrected since. Prepare a new public version."))
    with beyond_scope("both languages are released together"):
        made = queries.documents_of(version)
    for document in made:
        _refuse_remains(document, version.passages)
        document.released_at = at
    version.move(PublicStatus.RELEASED)
    version.released_at, version.released_by = at, by.name
    db.session.flush()
    record("publications:release", minutes, by=by, at=at, number=version.number)


def discard(version: PublicVersion, *, by: Actor, at: datetime) -> None:
    """Give a prepared version up; its files stay unreleased."""
    hold(version)
    version.move(PublicStatus.DISCARDED)
    record("publications:discard", version.minutes, by=by, at=at, number=version.number)
