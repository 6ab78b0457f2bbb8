"""What every JPEG has in common."""

LONGEST_JPEG = 65_500
"""Pixels a side (libjpeg: JPEG_MAX_DIMENSION)."""
