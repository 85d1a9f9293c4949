"""Scorecards: one company, one month, one version of the methodology; frozen and printed.

In: facts of the rooms above. Out: figures with their intervals, and a PDF.
"""
