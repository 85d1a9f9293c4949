"""Webhooks: a company's own system is told what happened, as a signed message.

In: what a verb announces. Out: rows written with their cause, sent and tried again by the clock.
"""
