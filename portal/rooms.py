"""The rooms in walking order. A room may use the models, queries and service of rooms above it."""

from __future__ import annotations

ROOMS = (
    "accounts",
    "institution",
    "holidays",
    "companies",
    "webhooks",
    "facts",
    "documents",
    "hotline",
    "removal_requests",
    "information_requests",
    "consultations",
    "series",
    "slots",
    "agendas",
    "minutes",
    "actions",
    "binder",
    "responses",
    "methodology",
    "scorecards",
    "benchmarks",
    "reports",
    "replies",
    "feeds",
    "reminders",
    "overviews",
    "api",
    "desk",
)
