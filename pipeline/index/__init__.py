"""One interface to search, and its stores."""
