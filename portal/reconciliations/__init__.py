"""Reconciliations: a company's own count of a month beside ours, request by request.

In: what the company counted, by page, file or API. Out: differences that an officer decides, and a line on the card.
"""
