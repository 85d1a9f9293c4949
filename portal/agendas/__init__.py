"""The agenda of both sides: proposals, decisions on them, published versions.

In: items of either side. Out: the list the minutes follow, and its PDF.
"""
