"""Responses: the owner reports an action item done, the other side verifies or returns it.

In: reports with evidence. Out: verified action items, with lateness that stays.
"""
