"""The parts of a run: finding the case files to work on, reading their pages, archiving them."""
