"""Recognises the script of a text."""


def is_khmer(text: str) -> bool:
    """Whether a text contains a Khmer letter, sign or digit."""
    return any("\u1780" <= char <= "\u17ff" for char in text)
