"""Words from the archive's records and from errors, not from templates, marked so that they are translated, too."""


def _mark(*words: str) -> tuple[str, ...]:
    return words


WORDS = _mark(
    # levels
    "public", "registered", "staff", "sealed",
    # events of the journal
    "archived", "imported", "corrected", "withdrawn", "reinstated", "signed",
    "level set", "unseal asked", "unseal refused", "unsealed", "sight asked", "sight granted", "sight refused",
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
    "There is no picture of that width.",
    "There is no picture of that size.",
    "info.json lists the sizes.",
    "The place of the hit cannot be read.",
    "Search again.",
    "The code is too long to be one of a certificate.",
    "Ask an administrator which role you need.",
    # doubts about dates
    "there is no such day",
    "the weekday is another one",
    "the century is not told",
    "the Buddhist year changes about then",
    "its year is not told",
    "the lunar calendar is reckoned for 1900 to 2100 only",
    # what a verification found
    "the text is not the code of a certificate",
    "it has no signature of an archive",
    "its signature does not match what it says",
    "the archive stated the following; compare it with what you have",
    "the archive stated the following; compare it with what you have. The archive still holds the case file unchanged",
    "the bag is not as it was sealed",
    "the bag is as the archive signed it",
    "it is as the archive signed it",
    "it was changed after it was signed, or is damaged",
    "it is signed by a key that is not trusted",
    "the bag agrees with itself, but nobody signed it",
)  # fmt: skip
