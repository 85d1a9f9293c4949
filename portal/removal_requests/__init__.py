"""Removal requests: what was asked of a platform, what it answered, what was verified.

In: officers, imports, the hotline. Out: the true input of the scorecard.
"""
