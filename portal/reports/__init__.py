"""The monthly report for commissioners: all companies in one PDF, released by a head of team.

In: the month's cards and records. Out: a frozen report.
"""
