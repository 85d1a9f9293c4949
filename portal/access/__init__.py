"""Who may do what: scope first, role second. Hidden is 404."""
