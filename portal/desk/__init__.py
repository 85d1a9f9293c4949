"""The desk: what awaits this person today, and the pages of the whole house.

In: every room. Out: nothing but links.
"""
