"""Feeds: a person's consultations as a calendar that their own program subscribes to.

In: a secret address. Out: an iCalendar file with neutral titles.
"""
