"""Frozen cards stand beside the published rounds."""

from tests.scorecards.conftest import by, draft, request_to, twelve

__all__ = ["by", "draft", "request_to", "twelve"]
