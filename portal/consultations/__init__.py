"""Consultations: when, where and with whom the two sides meet, and what became of it.

In: an officer's plan. Out: a held consultation with its attendance.
"""
