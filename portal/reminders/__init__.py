"""Reminders: what falls due before and after a consultation, and whom it is said to.

In: the table of duties and the clock. Out: letters, each once.
"""
