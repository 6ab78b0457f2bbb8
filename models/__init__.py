"""The records that flow through Bannasar, named as in ``docs/words.md``; not models of machine learning.

Those are where they are used: ``pipeline/page/tessdata`` reads lines, ``pipeline/document/kinds.npz`` classifies
documents.
"""
