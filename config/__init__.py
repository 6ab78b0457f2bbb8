"""Settings and the glossary."""
