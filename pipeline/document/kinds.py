"""What kind of document it is: by the title at its head, be it misread a little."""

import re
from collections.abc import Iterator

from rapidfuzz import fuzz, process

from models.page import Line, Page
from pipeline.document.glossary import Names, letters
from pipeline.text.normalise import match_form

# A title stands in the upper part of a document's first page, by itself: before what it is about, or its number.
_UPPER = 0.6
_LONGEST = 60
_ENDS = re.compile(rf"\d|{match_form('លេខ')}|{match_form('ស្តីពី')}|\bno\b|\bn°|[:៖]")
_SHORTEST = 4
UNKNOWN = "unknown"


def kind_of(first: Page, names: Names, surely: float) -> tuple[str, float]:
    """Return the kind of the document that begins with a page, and how sure it is, 0–1.

    Of lines that are surely titles those tell first that are nothing else (a record of interview bears the number of
    its case file above, as "case file no …"), of them the longest title, of those the upper one. What is less sure
    than ``surely`` is "unknown", with the confidence that it has.
    """
    found = list(_matches(first, names))
    sure = [one for one in found if one[0] >= surely]
    if not sure:
        return UNKNOWN, round(max((likeness for likeness, *_ in found), default=0.0), 3)
    likeness, title, _ = max(sure, key=lambda one: (one[2], len(one[1])))
    return names.kinds[title], round(likeness, 3)


def is_titled(page: Page, names: Names, surely: float) -> bool:
    """Whether a page has a line that is surely a title, and nothing else."""
    return any(likeness >= surely and whole for likeness, _, whole in _matches(page, names))


def _matches(page: Page, names: Names) -> Iterator[tuple[float, str, bool]]:
    """Yield for each line that may be a title how like it is to the title it is likest, that, and whether it is all."""
    for line, whole in _heads(page):
        if match := process.extractOne(line, names.kinds.keys(), scorer=fuzz.ratio):
            yield match[1] / 100, match[0], whole


def _heads(page: Page) -> Iterator[tuple[str, bool]]:
    """Yield what may be titles, from the top, and whether the line says nothing else.

    That is each line, and each line with the next one, as long titles are broken.
    """
    before = ""
    for block in page.blocks:
        for line in block.lines:
            if line.box.top > _UPPER * page.height:
                continue
            parts = _ENDS.split(text_of(line))
            own, whole = letters(parts[0]), len(parts) == 1
            if _SHORTEST <= len(own) <= _LONGEST:
                yield own, whole
                if before and len(before) + len(own) <= _LONGEST:
                    yield before + own, whole
            before = own if whole else ""


def text_of(line: Line) -> str:
    """Return the text of a line in match form, its digits ASCII."""
    return match_form("".join(word.text + (" " if word.space else "") for word in line.words))
