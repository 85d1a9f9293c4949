"""How the portal says no."""

from __future__ import annotations


class Refused(Exception):
    """The request is understood and refused; the sentence is for the reader."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class FieldError(Refused):
    """Refused because of one field; the form shows the sentence there."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
