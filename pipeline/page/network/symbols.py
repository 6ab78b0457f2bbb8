"""The symbols that the network can output.

A subscript is one symbol: the coeng alone has no shape, and half as many symbols fit a frame better. Subscript DA has
the shape of subscript TA, and is read as TA.
"""

_COENG = "\u17d2"
_KHMER_LETTERS = [chr(code) for code in (*range(0x1780, 0x17A3), *range(0x17A5, 0x17B4)) if code != 0x17A8]
_KHMER_MARKS = [chr(code) for code in range(0x17B6, 0x17D2)]
_KHMER_OTHERS = list("។៕៖ៗ៚៙៛០១២៣៤៥៦៧៨៩")
_UNDER = [_COENG + chr(code) for code in (*range(0x1780, 0x17A3), 0x17A5, 0x17AB, 0x17AF) if code != 0x178A]
_LATIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzÀÂÇÈÉÊËÎÏÔÙÛÜŒàâçèéêëîïôùûüœ"
_MARKS = ".,:;!?'\"()[]/\\-–_=+*&%@#$§°º«»“”‘’•…№½<>|"

SYMBOLS: tuple[str, ...] = (" ", *_LATIN, *_MARKS, *_KHMER_LETTERS, *_KHMER_MARKS, *_KHMER_OTHERS, *_UNDER)
"""The meaning of the network's outputs; output 0 is CTC's blank, output ``n`` is ``SYMBOLS[n - 1]``."""
