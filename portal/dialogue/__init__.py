"""Punctuality of the dialogue itself, of both sides: times answered, papers, minutes, meetings.
In: polls, papers, minutes, consultations of a company. Out: counts with their rows, by month and year.
Nothing of it counts in a score; the scorecard shows it beside, and keeps the rows it was made of."""
