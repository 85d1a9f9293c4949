"""The web floor: headers, errors, language, forms. It knows no page of ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, Request, abort, current_app, flash, redirect, render_template, request
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError, CSRFProtect
from markupsafe import Markup
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, SelectField, ValidationError
from wtforms.validators import InputRequired
from wtforms.widgets import html_params

from portal.core import i18n, markdown, scan, uploads
from portal.core.db import db
from portal.core.errors import FieldError, Refused
from portal.core.figures import percent, shown
from portal.core.files import Damaged
from portal.core.i18n import gettext as _

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
csrf = CSRFProtect()


class _FormParser(FormDataParser):
    """Reads what was sent without NUL characters: PostgreSQL stores none."""

    def parse(self, *given: Any, **named: Any) -> tuple[Any, MultiDict[str, str], Any]:
        stream, form, files = super().parse(*given, **named)
        plain = self.cls((name, text.replace("\0", "")) for name, text in form.items(multi=True))
        return stream, plain, files


class _Request(Request):
    form_data_parser_class = _FormParser


def install(app: Flask) -> None:
    """Headers, error pages, filters."""
    app.request_class = _Request
    csrf.init_app(app)
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        _=i18n.gettext,
        both=i18n.both,
        between=i18n.between,
        hours=i18n.hours,
        zone_label=i18n.zone_label,
        percent=percent,
    )
    app.jinja_env.filters.update(
        local=i18n.local,
        day=i18n.day,
        month_name=i18n.month_name,
        country=i18n.country_name,
        shown=shown,
        markdown=markdown.html,
    )
    app.before_request(_refuse_nul)
    app.after_request(_headers)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Damaged, _damaged)
    app.register_error_handler(Exception, _broken)


def _refuse_nul() -> None:
    """No address of ours holds a NUL character, and no database takes one."""
    if "\0" in request.path or "%00" in request.query_string.decode("latin-1"):
        abort(404)


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _page(code: int, title: str, message: str, remedy: str) -> tuple[str, int]:
    return (
        render_template(
            "layout/error.html", code=code, title=title, message=message, remedy=remedy
        ),
        code,
    )


def _refused(refusal: Refused) -> Any:
    db.session.rollback()
    return _page(
        409, _("This cannot be done now"), refusal.sentence, _("Go back and check the page.")
    )


def _stale_form(_error: CSRFError) -> Any:
    return _page(
        400,
        _("The form has expired"),
        _("You were logged out or the page was open for too long. Nothing was changed."),
        _("Go back, reload the page and send the form again."),
    )


def http_error(error: HTTPException) -> Any:
    """The page for an error of HTTP, with what to do next."""
    if error.response is not None or (error.code or 500) < 400:
        return error
    words = {
        404: (
            _("Page not found"),
            _("There is nothing at this address, or nothing that concerns you."),
            _("Start again from your desk."),
        ),
        405: (_("Not possible here"), _("This address does not take that."), _("Go back.")),
        410: (
            _("No longer here"),
            _("This link has ended, or was never given out."),
            _("Look for a newer letter, or log in."),
        ),
        413: (
            _("Too large"),
            _("What was sent is larger than the portal takes."),
            _("Send a smaller file or split it."),
        ),
        429: (
            _("Too many tries"),
            _("This was tried too often from here."),
            _("Wait a few minutes and try again."),
        ),
    }
    title, message, remedy = words.get(
        error.code or 500, (error.name, _("The request could not be understood."), _("Go back."))
    )
    return _page(error.code or 500, title, message, remedy)


def _damaged(error: Damaged) -> Any:
    current_app.logger.error("%s", error)
    return _page(
        500,
        _("This file is damaged"),
        _("The stored bytes are not those that were stored, so nothing is handed out."),
        _("Tell the administrator: the file is restored from a backup and found by its hash."),
    )


def _broken(error: Exception) -> Any:
    if current_app.config.get("PROPAGATE_EXCEPTIONS") or current_app.testing:
        raise error
    db.session.rollback()
    current_app.logger.exception("a page failed")
    return _page(
        500,
        _("Something went wrong"),
        _("The portal made a mistake. Nothing of this step was stored."),
        _("Try again; if it happens again, tell the administrator the time."),
    )


def refuse(form: FlaskForm, refusal: Refused) -> None:
    """Show a refusal at its field, or above the form when it has none; keeps what was typed."""
    db.session.rollback()
    field = getattr(refusal, "field", None)
    if isinstance(refusal, FieldError) and field in form:
        form[field].errors = [*form[field].errors, refusal.sentence]
    else:
        flash(refusal.sentence, "error")


MOST_BY_PAGE = 10 * 1024 * 1024
"""A file of lines that is sent in the browser; larger ones go by the command line or the API."""


def sent_file(form: Any, *, owner: int, at: datetime) -> bytes | None:
    """The file sent in a form's `file`, or the one of its `kept` that was sent before.

    It is kept for the account `owner`, so that what was checked is what is written. None, with the
    reason at the field, where there is none, it is too large, or the scanner finds something.
    """
    file = form.file.data
    if file is None or not file.filename:
        content = uploads.kept(form.kept.data or "", owner=owner)
        if content is None:
            form.file.errors = [_("Choose a file.")]
        return content
    sent: bytes = file.read(MOST_BY_PAGE + 1)
    if len(sent) > MOST_BY_PAGE:
        form.file.errors = [
            _("The file is larger than 10 MB. Use the command line, or send it in parts.")
        ]
        return None
    try:
        scan.refuse_infected(sent, field="file")
    except Refused as refusal:
        refuse(form, refusal)
        return None
    form.kept.data = uploads.keep(sent, owner=owner, at=at)
    return sent


def back(url: str) -> Response:
    """Answer a POST that did its work: see the page it changed."""
    return redirect(url, code=303)


class Form(FlaskForm):
    """A form whose own messages follow the reader's language."""

    class Meta(FlaskForm.Meta):
        """Messages of WTForms in Korean and English."""

        @property
        def locales(self) -> list[str]:
            return [i18n.language()]


class RecordField(SelectField):
    """One of a list of records, by number. Nothing is chosen beforehand: the first is no choice.

    `first` stands where nothing is chosen yet, `refusal` is said of a form that leaves it so.
    """

    def __init__(self, label: Any, *, first: Any, refusal: Any, **more: Any) -> None:
        super().__init__(label, coerce=int, validators=[InputRequired(refusal)], **more)
        self.first, self.refusal = first, refusal

    def offer(self, records: Sequence[tuple[int, str]]) -> None:
        """Set what may be chosen: number and name of each."""
        self.choices = [(0, str(self.first)), *records]

    def pre_validate(self, form: Any) -> None:
        """Refuse what nobody chose, and what is not on the list."""
        if not self.data:
            raise ValidationError(str(self.refusal))
        super().pre_validate(form)


class WallTimeField(DateTimeLocalField):
    """Date and time as the clock at a place shows them."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Refuse what no calendar has, in our words."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            # A date a person cannot mean (30 February) fails to parse, and this is said about it.
            raise ValueError(
                _("There is no such date or time. Write it as 2026-03-26T14:00.")
            ) from None


class _DayAndHour:
    """Two inputs of one name: the day, which a person chooses, and the hour, which stands there."""

    def __call__(self, field: DueField, **attributes: Any) -> Markup:
        on, hour = field.parts()
        shared = {"name": field.name, **attributes}
        if field.flags.required:
            shared["required"] = True
        labels = {"aria-label": f"{field.label.text}: {_('Hour')}"}
        return Markup('<span class="day-and-hour"><input {}><input {}></span>').format(
            Markup(html_params(type="date", id=field.id, value=on, **shared)),
            Markup(html_params(type="time", value=hour, **shared, **labels)),
        )


class DueField(WallTimeField):
    """The day and hour by which something is due; the hour is 18:00 unless another is given."""

    widget = _DayAndHour()
    CUT_OFF = "18:00"

    def parts(self) -> tuple[str, str]:
        """Day and hour as they stand in the form: what was typed, else what is known."""
        if self.raw_data:
            on, _t, hour = str(self.raw_data[0]).partition("T")
            given = str(self.raw_data[1]) if len(self.raw_data) > 1 else hour
            return on, given or self.CUT_OFF
        if self.data is None:
            return "", self.CUT_OFF
        return f"{self.data:%Y-%m-%d}", f"{self.data:%H:%M}"

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a day with its hour, given in one or in two."""
        self.raw_data = valuelist
        on, hour = self.parts() if valuelist else ("", "")
        super().process_formdata([f"{on}T{hour}"] if on.strip() else [])


def attachment(content: bytes, *, name: str, media_type: str, sha256: str) -> Response:
    """Somebody's file, as a file to keep and never as a page of ours."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return Response(
        content,
        mimetype=media_type,
        headers={
            "Content-Disposition": (
                f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
            ),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-SHA256": sha256,
        },
    )


def same_page(number: int) -> str:
    """The address asked for, at another page of its list.

    What an address says is put into another one as text: as arguments of `url_for` its words could
    steer what is made of it.
    """
    arguments = MultiDict(request.args)
    arguments["page"] = str(number)
    return f"{request.path}?{urlencode(list(arguments.items(multi=True)))}"


class Page:
    """One page of a list, by number."""

    rows: Sequence[Any]

    def __init__(
        self, statement: Any, *, number: int, size: int = 50, total: int | None = None,
        is_of_columns: bool = False,
    ) -> None:  # fmt: skip
        """`total` is how many rows there are, where that is known already; else they are counted.

        `is_of_columns`: the rows are of columns, not records.
        """
        if total is None:
            counted = select(func.count()).select_from(statement.order_by(None).subquery())
            total = db.session.scalar(counted) or 0
        self.total = total
        self.pages = max(1, -(-self.total // size))
        self.number = min(max(1, number), self.pages)
        ask = db.session.execute if is_of_columns else db.session.scalars
        self.rows = ask(statement.limit(size).offset((self.number - 1) * size)).all()  # type: ignore[attr-defined]

    @classmethod
    def of(cls, rows: Sequence[Any], *, number: int, size: int = 50) -> Page:
        """A page of rows that are at hand already."""
        page = cls.__new__(cls)
        page.total, page.pages = len(rows), max(1, -(-len(rows) // size))
        page.number = min(max(1, number), page.pages)
        page.rows = rows[(page.number - 1) * size : page.number * size]
        return page

    @property
    def prev_url(self) -> str | None:
        """The address of the page before."""
        return same_page(self.number - 1) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        """The address of the page after."""
        return same_page(self.number + 1) if self.number < self.pages else None


def asked_number(name: str) -> int | None:
    """The number asked for, in the address or a form, under a name; None where it is none of ours."""
    text = request.values.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def page_number() -> int:
    """The page asked for in the address; 1 where that is no number."""
    return asked_number("page") or 1


def own_path(target: str) -> str | None:
    """An address to go on to, if it is a path of this portal; None for every other.

    Programs drop control characters and take a backslash for a slash: with either a path would
    lead to another host.
    """
    is_path = target.startswith("/") and not target.startswith("//")
    return target if is_path and target.isprintable() and "\\" not in target else None
