"""The records that flow through Bannasar, in the words of ``docs/words.md``; no models of machine learning.

Those lie where they are used: ``pipeline/page/tessdata`` reads lines, ``pipeline/document/kinds.npz``
classifies documents.
"""
