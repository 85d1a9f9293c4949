"""How facts about a company become a score: a dated method, its estimators, the arithmetic.
In comes what was requested, answered, removed, verified and promised in one month, as plain facts.
Out goes a `Score`: every figure, its interval, the letter, and whatever is printed beside it."""
