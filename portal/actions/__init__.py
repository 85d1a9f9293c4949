"""Action items: who owes what by when, where it was agreed, and how late it was.

In: outcomes of adopted minutes. Out: open and closed promises of both sides.
"""
