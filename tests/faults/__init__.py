"""Faults that really happen: each a small thing with a name, and the tests that Bannasar survives them."""
