"""What is shown of a page comes back as it was packed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.page import Rect
from pipeline.index.marking import Place
from pipeline.index.packing import Shown, pack, unpack
from pipeline.text.units import Columns

# Characters whose match form contains a space.
SPACED = "ﷺﷻ\u037a\ufc5e\ufc63\ufe70\ufe7e"
# Khmer, also deprecated letters; Latin-1, which changes places with it; digits, separators, others.
_OURS = f"ខែ្មរឤឨ៘ឲ្យដ្តឡេ២១៤។ៗ éÀß\x80ÿ aZ09-/\t\n\u200b🏛漢{SPACED}"
_TEXTS = st.text(st.sampled_from(_OURS) | st.characters(codec="utf-8"), max_size=200)
_NUMBERS = st.integers(-2, 2**40)
_PLACES = st.lists(st.builds(Place, _NUMBERS, _NUMBERS, st.builds(Rect, _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS)))


def _comes_back(text, places):
    found = Columns.read(text)
    assert unpack(pack(Shown(text, found, places))) == Shown(text, found, places)


@settings(deadline=None)
@given(_TEXTS, _PLACES)
def test_what_was_packed_comes_back(text, places):
    """For every text, and for boxes of any size, also where a word has none."""
    _comes_back(text, places)


@pytest.mark.parametrize("character", SPACED)
def test_a_form_with_a_space_does_not_move_those_behind_it(character):
    _comes_back(f"Court {character} x{character} Phnom Penh", [])


def test_a_form_that_cannot_come_back_is_refused():
    """No text has such a form; if one had, the tokens of its page could not be removed again."""
    with pytest.raises(ValueError, match="end of a line"):
        pack(Shown("a", Columns(["x\ny"], [0], [1], [-1], [0]), []))
