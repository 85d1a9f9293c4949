"""Overviews: the calendar, a company's year, and the search over consultations and agendas.

In: a month, a year, words. Out: what the person may know of, in order.
"""
