"""Words from the archive's records, not from templates, marked so that they are translated, too."""

import re

from models.message import Message, counted, sentences


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
    # what a level is set on
    "set on the box", "set on the case file", "set on the document", "set on the page",
    # scripts
    "khmer", "latin",
    # fields of a query; "court" and "date" are facts as well
    "kind", "case", "box", "script",
    "kind not known",
    # what a role may do
    "search, and open what is found",
    "ask to see a case file that is out of sight",
    "report a mistake on a page",
    "take copies: files, tables, texts",
    "bring in boxes, and read scans again",
    "correct what was read",
    "set a stricter level, and seal",
    "set a looser level on what is not sealed",
    "withdraw and reinstate case files",
    "ask that something be unsealed",
    "unseal what another asked for",
    "grant or refuse a request to see",
    "read and verify the audit log",
    "add, change and lock accounts, but none that may unseal or manage accounts",
    "look after the whole archive: verify and rebuild it, its index and ledger, keys and classifier",
    # columns of tables
    "query", "pages", "path", "page", "document", "level", "exact", "snippet", "error", "yes", "no",
    # what is wrong with a file of a bag
    "changed", "missing", "unexpected", "unreadable", "invalid",
    # what was not read on a page
    "a form that only Adobe's programs draw (XFA): its page is a placeholder, and what the form says is not read; "
    "print it there into a PDF of its own",
    # doubts about dates
    "there is no such day",
    "the weekday is another one",
    "the century is not told",
    "the Buddhist year changes about then",
    "its year is not told",
    "the lunar calendar is reckoned for 1900 to 2100 only",
)  # fmt: skip


_FILES = re.compile(
    r"(?:(a portfolio of files): the page is only its cover; )?([\d,]+) attached files? (?:is|are) not read"
)
_HIDDEN = re.compile(r"([\d,]+) words? that viewers do not show (?:is|are) left out")
_LATER_PAGE = re.compile(r"(.+), page (\d+)")


def titled(title: str) -> str:
    """Return the title of a document, which for one that begins on a later page of a scan says on which."""
    found = _LATER_PAGE.fullmatch(title)
    # A title is never translated, even if it is one of our words.
    return Message("{title}, page {n}", title=found[1], n=int(found[2])) if found else sentences(title)


def remembered(note: str) -> str:
    """Return what a record says was not read on a page, as a sentence that can be translated if it is a known one."""
    if found := _HIDDEN.fullmatch(note):
        return counted(
            "{n} word that viewers do not show is left out",
            "{n} words that viewers do not show are left out",
            int(found[1].replace(",", "")),
        )
    if found := _FILES.fullmatch(note):
        files = counted(
            "{n} attached file is not read", "{n} attached files are not read", int(found[2].replace(",", ""))
        )
        return Message("a portfolio of files: the page is only its cover; {files}", files=files) if found[1] else files
    return note
