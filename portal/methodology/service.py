"""The methodology as data."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import select

from portal.access.actor import Actor
from portal.core.audit import record
from portal.core.db import db
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.methodology.method import VERSION_1_0, Method
from portal.methodology.models import Methodology


def ensure_version(method: Method = VERSION_1_0, *, by: Actor, at: datetime) -> Methodology:
    """Store a version of the method; a stored one never changes, a change is a new version."""
    content = json.loads(method.to_json())
    held = db.session.scalar(select(Methodology).where(Methodology.version == method.version))
    if held is not None:
        if held.content != content:
            raise Refused(
                _("Version %(version)s is stored with other figures.", version=method.version)
            )
        return held
    made = Methodology(version=method.version, valid_from=method.valid_from, content=content)
    db.session.add(made)
    record("methodology:ensure_version", made, by=by, at=at, version=method.version)
    return made
