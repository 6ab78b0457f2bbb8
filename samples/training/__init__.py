"""Made lines of text, and the recipe that trains a recogniser on them; see docs/training.md."""
