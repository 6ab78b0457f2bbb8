"""The normal forms hold for any text that a keyboard or a recogniser can make."""

import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.text.normalise import COENG, match_form, match_segments, tidy

_MADE = settings(deadline=None, derandomize=True, max_examples=300)
_KHMER = st.text(st.characters(min_codepoint=0x1780, max_codepoint=0x17FF), max_size=12)
# Few characters, so that what is rare in texts is frequent here: the same mark again, behind another, behind a joiner.
_RARE = st.text("ក្ា\u17dd\u200d\u200b\u0301\u064be", max_size=8)
_ANY = st.one_of(st.text(max_size=20), _KHMER, st.text("កខរតដ្ាំិុ៉៊េី\u200b‍eé\u0301\u0327ﬁ٣ ", max_size=12), _RARE)
# What may follow the letter of a syllable: subscripts, one shifter, one vowel, one sign.
_SUBSCRIPTS = st.lists(st.sampled_from("កខមសយ"), max_size=2, unique=True)
_MARKS = st.tuples(
    st.sampled_from(["", "\u17c9"]),
    st.sampled_from(["", "\u17b6", "\u17bb", "\u17c1"]),
    st.sampled_from(["", "\u17c7", "\u17cb"]),
)


@_MADE
@given(_ANY)
@example("កា\u0301ា")
@example("e\u200d\u0301")
def test_a_normal_form_of_a_normal_form_is_itself(text):
    """What was put in its form once is not changed by doing it again."""
    assert tidy(tidy(text)) == tidy(text)
    assert match_form(match_form(text)) == match_form(text)


@_MADE
@given(_ANY)
@example("ក\u0301្ក")
def test_composed_and_decomposed_text_match(text):
    """Keyboards and systems differ in it, and no reader sees the difference."""
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert match_form(composed) == match_form(decomposed) == match_form(text)
    assert tidy(composed) == tidy(decomposed) == tidy(text)
    assert match_form(tidy(text)) == match_form(text)


@_MADE
@given(st.sampled_from("កខគតបរស"), _SUBSCRIPTS, _MARKS, st.data())
def test_a_syllable_typed_in_any_order_is_the_same(letter, subscripts, marks, data):
    """Khmer shows the same picture for many orders of the marks around a letter."""
    parts = [*(COENG + one for one in subscripts), *filter(None, marks)]
    order = data.draw(st.permutations(range(len(parts))))
    # The subscripts keep their order: one below the other is another word.
    shown = iter([part for part in parts if part[0] == COENG])
    typed = [next(shown) if parts[at][0] == COENG else parts[at] for at in order]
    assert tidy(letter + "".join(typed)) == tidy(letter + "".join(parts))
    assert match_form(letter + "".join(typed)) == match_form(letter + "".join(parts))


@_MADE
@given(_ANY)
def test_each_segment_has_its_place_and_places_go_forward(text):
    """Marks on a page are drawn by them. A deprecated letter may stand for two segments in one place."""
    last_start = last_end = 0
    for form, start, end in match_segments(text):
        assert form
        assert last_start <= start < end <= len(text)
        assert last_end <= end
        last_start, last_end = start, end
