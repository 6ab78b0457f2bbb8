"""What each address shows, a module a kind of page."""
