"""What each address shows: one module for each kind of page."""
