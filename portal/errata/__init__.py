"""Errata: what both sides correct in adopted minutes, as a new version beside the old one.

In: passages with what they should say, and a reason. Out: version n+1, once both sides accept it.
"""
