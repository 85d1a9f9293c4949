"""The institution as dated data: its name, seal and legal basis on a day.

In: what an administrator records. Out: the name that was valid on the date of a document.
"""
