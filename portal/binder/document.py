"""Each part of a binder as its own template prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app
from markupsafe import Markup

from portal.core.i18n import spoken

SEOUL = "Asia/Seoul"


def bodies(parts: Sequence[dict[str, Any]], language: str) -> list[Markup]:
    """Each part as its own template printed it, from its frozen content and nothing else."""
    made = []
    with spoken(language, SEOUL):
        for part in parts:
            template = current_app.jinja_env.get_template(part["template"])
            values = {**part["content"], "is_draft": False, "doc_lang": language}
            values["content_hash"] = ""
            current_app.update_template_context(values)
            context = template.new_context(values)
            # The macros of a template are known to its blocks once it comes to its layout.
            next(template.root_render_func(context), None)
            made.append(Markup("".join(template.blocks["body"](context))))
    return made
