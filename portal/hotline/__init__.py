"""The 24-hour hotline: an operator records a reference and hands it over.

In: calls and messages. Out: removal requests and a case code for the caller.
"""
