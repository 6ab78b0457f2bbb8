"""The steps from a box to an archive."""
