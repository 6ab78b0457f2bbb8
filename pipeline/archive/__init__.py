"""PDF/A, ALTO, the bag."""
