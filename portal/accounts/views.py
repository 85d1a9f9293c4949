"""Doors of the accounts room."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, session, url_for
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response

from portal.access import scope
from portal.access.actor import NOBODY, OrganisationKind, Role
from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.accounts import queries, service
from portal.accounts.forms import (
    AcceptInvitationForm,
    ChangePasswordForm,
    InviteForm,
    LogInForm,
    ProposeColleagueForm,
    SelfForm,
)
from portal.accounts.models import Account, LoginSession, Organisation
from portal.core import i18n
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.web import Page, back, own_path, page_number, refuse

bp = Blueprint("accounts", __name__)
bp.add_app_template_filter(queries.doer, "doer")
login_manager = LoginManager()


class SessionUser:
    """What Flask-Login carries: an account and the log-in session it came with."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, account: Account, login_session: LoginSession) -> None:
        self.account, self.login_session = account, login_session

    def get_id(self) -> str:
        """Flask-Login's name for what the cookie holds: the session's secret."""
        return str(session.get("_user_id", ""))


@login_manager.user_loader
def load_user(secret: str) -> SessionUser | None:
    """Who a cookie belongs to. Asked at every request, so that an ended access ends at once."""
    found = queries.by_session(secret)
    return None if found is None else SessionUser(*found)


def identify() -> None:
    """Put the person into the request and the wall around it. Runs before every view."""
    g.actor, g.account = NOBODY, None
    scope.act_as(None)
    if request.endpoint != "static":
        user = current_user._get_current_object()
        if isinstance(user, SessionUser):
            g.account = user.account
            g.login_session = user.login_session
            g.actor = user.account.as_actor()
            i18n.speak(user.account.language, user.account.time_zone)
        else:
            i18n.speak(session.get("language") or _preferred_language())
    scope.act_as(g.actor)


def _preferred_language() -> str:
    return request.accept_languages.best_match(i18n.LANGUAGES) or "ko"


def _keep_login(secret: str) -> None:
    language = session.get("language")
    session.clear()  # a new session for a new person: nothing set before log-in survives it
    session["_user_id"], session["_fresh"] = secret, True
    if language:
        session["language"] = language


def _next_url() -> str:
    """Where to go after log-in: only ever a path of this portal."""
    return own_path(request.args.get("next", "")) or url_for("desk.show")


@bp.route("/login", methods=["GET", "POST"])
@requires(Permission.PUBLIC)
def log_in() -> str | Response:
    """Log in with address and password."""
    if g.account is not None:
        return redirect(url_for("desk.show"))
    form = LogInForm()
    if form.validate_on_submit():
        try:
            with scope.beyond_scope("nobody is known before log-in"):
                account = service.check_credentials(
                    form.email.data or "",
                    form.password.data or "",
                    where=request.remote_addr or "",
                    at=now(),
                )
                with transaction():
                    secret = service.log_in(account, machine=request.user_agent.string, at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            _keep_login(secret)
            return back(_next_url())
    return render_template("accounts/log_in.html", form=form)


@bp.post("/logout")
@requires(Permission.SIGNED_IN)
def log_out() -> Response:
    """End this session."""
    with transaction():
        service.log_out(g.login_session, by=actor(), at=now())
    session.clear()
    return back(url_for("accounts.log_in"))


@bp.post("/logout-everywhere")
@requires(Permission.SIGNED_IN)
def log_out_everywhere() -> Response:
    """End every session of one's own, this one too."""
    with transaction():
        service.log_out_everywhere(g.account, by=actor(), at=now())
    session.clear()
    flash(_("You are logged out on every machine."))
    return back(url_for("accounts.log_in"))


@bp.post("/language")
@requires(Permission.PUBLIC)
def set_language() -> Response:
    """Read on in the other language, on the same page."""
    language = request.form.get("language", "")
    if language not in i18n.LANGUAGES:
        abort(404)
    session["language"] = language
    if g.account is not None:
        with transaction():
            service.set_language(g.account, language)
    return back(own_path(request.form.get("next", "")) or url_for("desk.show"))


@bp.route("/invitations/<secret>", methods=["GET", "POST"])
@requires(Permission.PUBLIC)
def accept_invitation(secret: str) -> str | tuple[str, int] | Response:
    """Set the first password by the link of an invitation."""
    form = AcceptInvitationForm()
    with scope.beyond_scope("the link itself says who it is"):
        try:
            invitation = service.check_invitation(queries.by_invitation(secret), at=now())
        except Refused as refusal:
            return render_template("accounts/no_invitation.html", why=refusal.sentence), 410
        email = invitation.account.email
        if form.validate_on_submit():
            try:
                with transaction():
                    account = service.accept_invitation(
                        invitation, password=form.password.data or "", at=now()
                    )
                    login_secret = service.open_session(
                        account, machine=request.user_agent.string, at=now()
                    )
            except Refused as refusal:
                refuse(form, refusal)
            else:
                _keep_login(login_secret)
                return back(url_for("desk.show"))
    return render_template("accounts/accept_invitation.html", form=form, email=email)


@bp.get("/accounts/")
@requires(Permission.ACCOUNTS_READ)
def index() -> str:
    """Every account."""
    page = Page(queries.all_accounts(), number=page_number())
    return render_template("accounts/index.html", page=page)


@bp.route("/accounts/invite", methods=["GET", "POST"])
@requires(Permission.ACCOUNTS_INVITE)
def invite() -> str | Response:
    """Invite somebody to an organisation and a role."""
    form = InviteForm()
    organisations = queries.organisations()
    form.organisation_id.choices = [(o.id, i18n.both(o, "name")) for o in organisations]
    form.role.choices = [(role.value, _(role.value)) for role in Role]
    companies = [o for o in organisations if o.kind is OrganisationKind.COMPANY]
    form.desks.choices = [(o.id, i18n.both(o, "name")) for o in companies]
    if form.validate_on_submit():
        try:
            with transaction():
                service.invite(
                    db.session.get_one(Organisation, form.organisation_id.data),
                    role=Role(form.role.data),
                    email=form.email.data or "",
                    name_ko=form.name_ko.data or "",
                    name_en=form.name_en.data or "",
                    language=form.language.data,
                    time_zone=form.time_zone.data or "",
                    desks=tuple(form.desks.data or ()),
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The invitation is in the outbox."))
            return back(url_for("accounts.index"))
    return render_template("accounts/invite.html", form=form)


@bp.route("/colleagues/propose", methods=["GET", "POST"])
@requires(Permission.ACCOUNTS_PROPOSE)
def propose() -> str | Response:
    """A company administrator brings in a colleague, for their own company only."""
    form = ProposeColleagueForm(time_zone=g.account.time_zone)
    if form.validate_on_submit():
        try:
            with scope.beyond_scope("an address may be in use elsewhere"), transaction():
                service.propose(
                    db.session.get_one(Organisation, actor().organisation_id),
                    email=form.email.data or "",
                    name_ko=form.name_ko.data or "",
                    name_en=form.name_en.data or "",
                    language=form.language.data,
                    time_zone=form.time_zone.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The invitation is in the outbox."))
            return back(url_for("desk.show"))
    return render_template("accounts/propose.html", form=form)


@bp.post("/accounts/<int:account_id>/deactivate")
@requires(Permission.ACCOUNTS_DEACTIVATE, on=Account)
def deactivate(account: Account) -> Response:
    """End a person's access at once."""
    with transaction():
        service.deactivate(account, by=actor(), at=now())
    flash(_("The account is deactivated; every session of it has ended."))
    return back(url_for("accounts.index"))


@bp.post("/accounts/<int:account_id>/reactivate")
@requires(Permission.ACCOUNTS_DEACTIVATE, on=Account)
def reactivate(account: Account) -> Response:
    """Give access back, with a fresh invitation."""
    with transaction():
        service.reactivate(account, by=actor(), at=now())
    flash(_("The invitation is in the outbox."))
    return back(url_for("accounts.index"))


@bp.route("/account", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def show_self() -> str | Response:
    """One's own settings."""
    form = SelfForm(obj=g.account)
    if form.validate_on_submit():
        with transaction():
            service.set_own(
                g.account,
                language=form.language.data,
                time_zone=form.time_zone.data or "",
                by=actor(),
                at=now(),
            )
        session["language"] = form.language.data
        flash(_("Saved."))
        return back(url_for("accounts.show_self"))
    return render_template("accounts/show_self.html", form=form)


@bp.route("/account/password", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def change_password() -> str | Response:
    """Change one's own password."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.change_password(
                    g.account,
                    old=form.old_password.data or "",
                    new=form.password.data or "",
                    by=actor(),
                    at=now(),
                )
                secret = service.open_session(
                    g.account, machine=request.user_agent.string, at=now()
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            _keep_login(secret)
            flash(_("The password is changed; other machines are logged out."))
            return back(url_for("accounts.show_self"))
    return render_template("accounts/change_password.html", form=form)
