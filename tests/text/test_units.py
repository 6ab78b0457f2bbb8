"""The units of search."""

from pipeline.text.units import BREAK, JOINT, Columns, sequence, tokens, units


def _texts(text):
    return [unit.text for unit in units(text)]


def test_khmer_falls_into_clusters_and_other_scripts_into_words():
    """A letter keeps its subscripts and vowels; a number is whole."""
    assert _texts("ព្រះរាជា") == ["ព្រះ", "រា", "ជា"]
    assert _texts("Dossier n° 45") == ["dossier", "n", "45"]


def test_a_word_is_never_glued_to_a_cluster():
    """`ខ214` is a letter and a number."""
    assert _texts("លេខ214ខ") == ["លេ", "ខ", "214", "ខ"]
    assert sequence(units("លេខ214")) == [f"លេ{JOINT}ខ", f"ខ{JOINT}", "214"]


def test_a_run_goes_on_over_spaces_and_line_ends():
    """Khmer words continue on the next line, and recognisers see spaces where there are none."""
    assert sequence(units("សាល ក្រម\nព្រហ្ម")) == sequence(units("សាលក្រមព្រហ្ម"))


def test_a_run_ends_at_a_mark_another_script_or_the_next_block():
    """Words on two sides of a full stop, or in two columns, are not a phrase."""
    for text in ("កខ។គឃ", "កខ a គឃ", "កខ\n\nគឃ", "កខ\tគឃ", "កខ\fគឃ"):
        assert f"ខ{JOINT}គ" not in sequence(units(text))


def test_units_know_where_they_stood():
    """Also if the match form changed them."""
    text = "ខែ្មរ\u200b និង Français ២១"
    assert [text[unit.start : unit.end] for unit in units(text)] == ["ខែ្ម", "រ", "និ", "ង", "Français", "២១"]


def test_marks_that_stand_on_nothing_are_left_out():
    """Noise from the recogniser must not hide the words next to it."""
    assert _texts("\u17d2ក ាខ") == ["ក", "ខ"]


def test_nothing_is_in_a_row_with_another_block_cell_or_row():
    """A phrase that nobody wrote must not be found."""
    assert tokens(Columns.read("un deux\ntrois\n\nquatre")) == ["un", "deux", "trois", BREAK, "quatre"]
    assert tokens(Columns.read("nom\tâge\nsok\t34")) == ["nom", BREAK, "age", BREAK, "sok", BREAK, "34"]
    assert tokens(Columns.read("avant\nnom\tâge\naprès")) == ["avant", BREAK, "nom", BREAK, "age", BREAK, "apres"]
