"""Khmer and Latin text: normal forms, clusters, words."""
