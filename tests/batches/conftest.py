"""Drafts of March 2026 that become an unannounced batch."""

from tests.scorecards.conftest import by, draft, request_to, twelve

__all__ = ["by", "draft", "request_to", "twelve"]
