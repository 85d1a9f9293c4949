"""Responses: the owner reports done with evidence, the other side verifies or returns."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from portal.access.actor import Actor
from portal.actions.models import OWED, ActionItem, ActionStatus
from portal.core import files
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data
from portal.responses import letters
from portal.responses.models import Evidence, Response, Verdict

Piece = tuple[str, bytes] | str
"""A piece of evidence: a file (its name and bytes) or a link."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A piece of evidence that was looked at: what it is, and of which type (none for a link)."""

    given: Piece
    media_type: str


MOST_PIECES = 10
INTERNAL_ENDINGS = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "arpa",
)


def report_done(
    item: ActionItem, *, text: str, evidence: Sequence[Piece | Examined], by: Actor, at: datetime
) -> Response:
    """The owner says that it is done, and shows it.

    Evidence is examined here unless `examine` has done so before, outside the lock.
    """
    hold(item)
    if by.side != item.owner.value:
        raise Refused(_("Only the side that owes an action item reports it done."))
    if item.status is ActionStatus.REPORTED_DONE:
        raise Refused(_("A report on this action item waits for its verdict already."))
    if item.status not in OWED:
        item.move(ActionStatus.REPORTED_DONE)
    if not text.strip():
        raise FieldError("text", _("Say what was done."))
    refuse_personal_data(text, field="text")
    if not evidence:
        raise FieldError("link", _("Give at least one file or link that shows it."))
    # All of it is checked before any of it is stored.
    pieces = [_piece(one, item.company_id) for one in examine(evidence)]
    response = Response(
        action_item_id=item.id,
        company_id=item.company_id,
        text=text.strip(),
        reported_at=at,
        reported_by_id=by.account_id,
        reported_by=by.name,
        verdict=Verdict.PENDING,
        reason="",
        evidence=pieces,
    )
    db.session.add(response)
    item.move(ActionStatus.REPORTED_DONE)
    item.reported_at = at
    db.session.flush()
    record("responses:report", response, by=by, at=at, item=item.id, pieces=len(pieces))
    letters.reported(response, at=at)
    return response


def examine(evidence: Sequence[Piece | Examined]) -> list[Examined]:
    """Look at every piece, or refuse the first that is not right, by name. Nothing is stored.

    Unpacking and the virus scanner take their time: a door does this before it takes the lock.
    """
    if len(evidence) > MOST_PIECES:
        raise FieldError("files", _("Give at most ten pieces of evidence at once."))
    return [given if isinstance(given, Examined) else _examined(given) for given in evidence]


def _examined(given: Piece) -> Examined:
    if isinstance(given, str):
        return Examined(checked_link(given), "")
    filename, content = given
    try:
        return Examined(given, files.checked_type(filename, content, field="files"))
    except FieldError as refusal:
        raise FieldError(
            refusal.field, f"{files.plain_name(filename)}: {refusal.sentence}"
        ) from None


def _piece(examined: Examined, company_id: int) -> Evidence:
    if isinstance(examined.given, str):
        return Evidence(company_id=company_id, link=examined.given)
    filename, content = examined.given
    return Evidence(
        company_id=company_id,
        filename=files.plain_name(filename),
        media_type=examined.media_type,
        sha256=files.store(content),
        size=len(content),
    )


def checked_link(link: str) -> str:
    """A public web address, or a refusal at `link`."""
    link = link.strip()
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").rstrip(".").lower()
        _port = parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    host = _as_browsers_read(host)
    if parts.scheme not in ("http", "https") or not host or len(link) > 500 or " " in link:
        raise FieldError("link", _("Write the link with https:// at its start."))
    if parts.username is not None or not _is_public(host):
        raise FieldError("link", _("The link must lead to a public address."))
    return link


def _as_browsers_read(host: str) -> str:
    """A host as a browser understands it: percent signs resolved, wide letters and dots narrowed.

    Empty where a sign is in it that has no place in a host (WHATWG URL, host parsing).
    """
    plain = unicodedata.normalize("NFKC", unquote(host)).replace("。", ".").rstrip(".").lower()
    is_odd = any(unicodedata.category(sign) in ("Cc", "Cf", "Zs") for sign in plain)
    return "" if is_odd or set(plain) & set("/?#@\\%<>^|`{}") else plain


def _is_public(host: str) -> bool:
    try:
        return _is_on_the_public_network(ipaddress.ip_address(host))
    except ValueError:
        pass
    labels = host.split(".")
    # 127.1, 0x7f.0.0.1 and 2130706433 are spellings of an address that browsers accept.
    is_number = re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]) is not None
    return len(labels) > 1 and not is_number and labels[-1] not in INTERNAL_ENDINGS


NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _is_on_the_public_network(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is public, and so is the older one it may carry inside."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return inside.is_global
    return address.is_global and not address.is_multicast


def verify(response: Response, *, by: Actor, at: datetime) -> None:
    """The other side finds it done. It counts as done when it was reported, not when examined."""
    item = _open_for_verdict(response, by=by)
    response.verdict = Verdict.VERIFIED
    item.move(ActionStatus.VERIFIED)
    item.done_at = response.reported_at
    _decide(response, by=by, at=at)
    record("responses:verify", response, by=by, at=at, item=item.id)


def return_(response: Response, *, reason: str, by: Actor, at: datetime) -> None:
    """The other side finds it not done, and says why. The clock runs on."""
    item = _open_for_verdict(response, by=by)
    if not reason.strip():
        raise FieldError("reason", _("Say what is missing."))
    refuse_personal_data(reason, field="reason")
    response.verdict, response.reason = Verdict.RETURNED, reason.strip()
    item.move(ActionStatus.RETURNED)
    _decide(response, by=by, at=at)
    record("responses:return", response, by=by, at=at, item=item.id, reason=response.reason)


def _open_for_verdict(response: Response, *, by: Actor) -> ActionItem:
    item = response.action_item
    hold(item)
    hold(response)
    if by.side == item.owner.value:
        raise Refused(_("The side that reported an action item done does not verify it itself."))
    if response.verdict is not Verdict.PENDING:
        raise Refused(_("The verdict on this report is given already."))
    return item


def _decide(response: Response, *, by: Actor, at: datetime) -> None:
    response.decided_at, response.decided_by = at, by.name
    db.session.flush()
    letters.decided(response, at=at)
