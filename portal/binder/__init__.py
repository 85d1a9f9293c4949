"""The binder: everything a company and the commission adopted in a year, as one file.

In: the stored documents of adopted minutes and the action items. Out: one PDF; nothing is stored.
"""
