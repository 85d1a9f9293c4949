"""The floor the rooms stand on. It knows no word of the domain and imports no room."""
