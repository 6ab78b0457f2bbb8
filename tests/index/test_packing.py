"""What is shown of a page comes back as it was packed."""

from hypothesis import given
from hypothesis import strategies as st

from models.page import Rect
from pipeline.index.marking import Place
from pipeline.index.packing import Shown, pack, unpack
from pipeline.text.units import Columns, units

# Khmer, also deprecated letters; Latin-1, which changes places with it; digits, separators, others.
_TEXTS = st.text(st.sampled_from("ខែ្មរឤឨ៘ឲ្យដ្តឡេ២១៤។ៗ éÀß\x80ÿ aZ09-/\t\n\u200b🏛漢"), max_size=200)
_NUMBERS = st.integers(-2, 2**40)
_PLACES = st.lists(st.builds(Place, _NUMBERS, _NUMBERS, st.builds(Rect, _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS)))


@given(_TEXTS, _PLACES)
def test_what_was_packed_comes_back(text, places):
    """For every text, and for boxes of any size, also where a word has none."""
    found = Columns.of(units(text))
    columns = Columns(list(found.text), list(found.start), list(found.end), list(found.run), list(found.block))
    assert unpack(pack(Shown(text, columns, places))) == Shown(text, columns, places)
