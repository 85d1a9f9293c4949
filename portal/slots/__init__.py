"""Slots: finding a time that suits both sides before a consultation is fixed.

In: a draft, times offered or proposed, answers by slot. Out: the chosen slot, scheduled.
"""
