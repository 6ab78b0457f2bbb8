"""Measurements, run by ``script/bench``; no test times anything."""
