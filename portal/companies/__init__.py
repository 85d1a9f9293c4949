"""Companies, the platforms they run, who may speak for them and whom to escalate to.

In: what officers and company administrators record. Out: the other side of every record.
"""
