"""Campaigns of the police as dated periods, such as the seven months from 28 August 2024.

In: periods an administrator names, each with its source. Out: a filter of lists, shades of charts.
"""
