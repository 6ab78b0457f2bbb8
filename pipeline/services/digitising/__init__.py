"""The parts of a run: which case files there is something to do for, reading their pages, archiving them."""
