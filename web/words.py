"""Words from the archive's records and from errors, not from templates, marked so that they are translated, too."""


def _mark(*words: str) -> tuple[str, ...]:
    return words


WORDS = _mark(
    # levels
    "public", "registered", "staff", "sealed",
    # events of the journal
    "archived", "imported", "corrected", "withdrawn", "reinstated", "signed",
    # facts
    "date", "case_number", "court", "article", "party", "judge", "clerk",
    # scripts
    "khmer", "latin",
    "kind not known",
    # errors about what the reader did
    "Please sign in first.",
    "The name or the password is wrong, or the account is locked.",
    "This address was used already, or is not right.",
    "Start `bannasar serve` again for a new one.",
    "This form was sent from another site.",
    "This form is no longer valid.",
    "Open the page again and send it from there.",
    "There is no such page of hits.",
    "Go back to the first page.",
    "Nothing was searched for.",
    "Search first, then take the table of the hits.",
    "The list is not a text in UTF-8.",
    "Save it as UTF-8, a line for each search.",
    "The list is too long.",
)  # fmt: skip
