"""What other weights, or a drafted method, would have made of the cards. Nothing here is stored.
In come the frozen cards of a month or a year, with the facts they hold, and the reader's weights.
Out go scores, letters and rank intervals side by side, and whether an order of companies is real."""
