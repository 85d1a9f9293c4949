"""Publications: what becomes of a record's files: embargo, public version, a second signature.

In: adopted minutes. Out: who may read them when, and a version from which what is secret is gone.
"""
