"""Which script a text is in."""


def is_khmer(text: str) -> bool:
    """Whether there is a Khmer letter, sign or digit in a text."""
    return any("\u1780" <= char <= "\u17ff" for char in text)
