"""Registers: what was decided, over all consultations.

In: the decisions of adopted minutes. Out: a register to search, and its files.
"""
