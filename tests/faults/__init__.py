"""Faults that really happen, each with a name, and the tests that Bannasar survives them."""
