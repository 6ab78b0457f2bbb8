"""Who may do and see what, and who did and saw what."""
