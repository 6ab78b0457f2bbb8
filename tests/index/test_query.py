"""Queries are understood, or the place of the error is shown."""

import re

import pytest

from models.errors import QueryError
from pipeline.document.glossary import read_names
from pipeline.document.name_lookup import NameLookup
from pipeline.index.language import parse
from pipeline.index.query import Field
from tests.conftest import ROOT


def test_words_and_phrases_are_told_apart():
    """A phrase is in quotes of any kind."""
    terms = parse('លេខ "de première instance" «Cour d\'appel» “abc”').terms
    assert [(term.text, term.exact) for term in terms] == [
        ("លេខ", False),
        ("de première instance", True),
        ("Cour d'appel", True),
        ("abc", True),
    ]


_PAIRS = [
    *("“”", "””", "““", "”“", "„“", "„”", "‟”", '"”', '“"', "＂＂", '"＂', "〝〞", "〝〟"),
    *("«»", "»«", "»»", "‹›", "›‹", "‘’", "‚‘", "’’", "''", "‛’", "＇＇"),
    *("「」", "｢｣", "『』", "﹁﹂", "﹃﹄"),
]


@pytest.mark.parametrize("pair", _PAIRS)
@pytest.mark.parametrize("space", ["", " ", "\N{NO-BREAK SPACE}"])
def test_quotes_of_every_keyboard_make_a_phrase(pair, space):
    """Phones and word processors have their own habits with quotes, and mix them."""
    phrase = f"{pair[0]}{space}l’arrêt de la cour d'appel{space}{pair[1]}"
    for query, words in ((phrase, []), (f"avant {phrase} après", ["avant", "après"]), (f"{phrase}~", [])):
        terms = parse(query).terms
        assert [term.text.strip() for term in terms if term.exact] == ["l’arrêt de la cour d'appel"]
        assert [term.text for term in terms if not term.exact] == words
    barred = parse(f"avant -{phrase} case:{phrase}")
    assert [term.exact for term in barred.without] == [True]
    assert [one.text for one in barred.conditions[0]] == [f"case:{phrase}"]


@pytest.mark.parametrize(
    "text", ["l’appel d'instance", "l'appel", "d’ l' ’", "juges’ l’appel", "'t", "‘98 la cour", "aujourd’hui, l‘an"]
)
def test_an_apostrophe_is_no_quote(text):
    """It is inside words; quotes are only around whole words."""
    assert not any(term.exact for term in parse(text).terms)


def test_a_quote_may_stand_within_another():
    """As in a passage that was copied."""
    (term,) = parse('"le tribunal “de première” instance"').terms
    assert term.phrase[0] == ["le", "tribunal", "de", "premiere", "instance"]
    assert [term.text for term in parse('"un” “deux trois"').terms] == ["un", "deux trois"]


@pytest.mark.parametrize(
    ("text", "groups", "without", "must"),
    [
        ("un NOT deux", ["un"], ["deux"], ()),
        ("NOT deux un", ["un"], ["deux"], ()),
        ('un AND NOT "deux trois"', ["un"], ["deux trois"], (0,)),
        ("un AND deux trois", ["un", "deux", "trois"], [], (0, 1)),
        ("un && deux || trois", ["un", "deux|trois"], [], (0, 1)),
        ("un | deux !trois", ["un|deux"], ["trois"], ()),
        ("un –deux −trois", ["un"], ["deux", "trois"], ()),
        ("(un OR deux) trois", ["un|deux", "trois"], [], ()),
        ("un NOT(deux OR trois)", ["un"], ["deux", "trois"], ()),
        ("un -(deux)", ["un"], ["deux"], ()),
        ("((un)) AND (deux trois)", ["un", "deux", "trois"], [], (0, 1, 2)),
        ("un (deux", ["un", "deux"], [], ()),
        (":-) un", ["un"], [], ()),
        ("article 3(2) juge(s)", ["article", "3(2)", "juge(s)"], [], ()),
        ('"NOT" "un AND deux" not and or', ["NOT", "un AND deux", "not", "and", "or"], [], ()),
        ("ET un OU deux SAUF NON", ["ET", "un", "OU", "deux", "SAUF", "NON"], [], ()),
        ("un AND kind:x", ["un"], [], (0,)),
        ("\u200bun NOT\u200b \u200bdeux \u200b-trois", ["un"], ["deux", "trois"], ()),
        ("ｕｎ ＮＯＴ （ｄｅｕｘ）", ["un"], ["deux"], ()),
        ("Objet: lettre - un – deux", ["Objet:", "lettre", "un", "deux"], [], ()),
    ],
)
def test_operators_are_read_as_people_type_them(text, groups, without, must):
    """In capitals; a word in small letters is a normal word, also in other languages."""
    query = parse(text)
    assert ["|".join(term.text for term in group) for group in query.groups] == groups
    assert [term.text for term in query.without] == without
    assert query.must == must


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        *(
            (f"{'un ' * bool(before)}{sign}{' deux' * bool(behind)}", f"{sign} must be between", 3 * bool(before))
            for sign in ("AND", "OR")
            for before, behind in ((0, 1), (1, 0), (0, 0))
        ),
        ("un OR OR deux", "OR must be between", 3),
        ("un AND OR deux", "OR must be between", 7),
        ("un AND AND deux", "AND must be between", 3),
        ("un OR NOT deux", "OR must be between", 3),
        ("un OR kind:x", "OR must be between", 3),
        ("un OR ???", "OR must be between", 3),
        ("un OR (deux trois)", "OR must be between", 3),
        ("un NOT", "NOT must be before", 3),
        ("un NOT NOT deux", "NOT must be before", 3),
        ("un NOT -deux", "NOT must be before", 3),
        ("un NOT ???", "NOT must be before", 3),
        ("un NOT (deux trois)", "Before parentheses, NOT", 3),
        ("un -(deux AND trois)", "Before parentheses, NOT", 3),
        ("(" * 10_000 + "un", "20 deep", 20),
        ("NOT un", "only says what must not be", 0),
        ("??? ។ \u200b", "no letter or digit", 0),
        ("kind:", "kind: needs a value", 0),
        ("un KIND: judgment", "KIND: needs a value", 3),
        ("kind:\u200b", "kind: needs a value", 0),
        ("court:?", "court: needs a value", 6),
        ("case:។", "case: needs a value", 5),
        ('box:""', "box: needs a value", 4),
        ("un kind:(a OR b)", "Write kind: before each value", 8),
        ("knd:x", "There is no field knd:. Did you mean kind:?", 0),
        ("-numéro:12", "There is no field numéro:", 1),
        ("case_number:12", "There is no field case_number:", 0),
        ("script:kmer", "The scripts are khmer, latin", 7),
        ("un ប្រភេទ៖ សាលក្រម", "ប្រភេទ: needs a value", 3),
        ("តុលាការ:(ក OR ខ)", "Write តុលាការ: before each value", 8),
        ("juridictoin:Kampot", "Did you mean juridiction:?", 0),
        ("box:a~", "box: cannot be searched with similar spellings", 5),
        ('"jug*"', "Inside quotes * has no meaning", 4),
        ('"jug* civil"', "Inside quotes * has no meaning", 4),
        ("«សាលក្រម*»", "Inside quotes * has no meaning", 8),
        ('"tribnal~ civil"', "Inside quotes ~ has no meaning", 8),
        ('kind:"jug*"', "Inside quotes * has no meaning", 9),
        ("un *gement", "* means any ending", 3),
        ("ju*ment", "* means any ending", 2),
        ("*", "~ and * must follow a word", 0),
        ("un ~", "~ and * must follow a word", 3),
        ("un ~deux", "~ asks for similar spellings", 3),
        ("tribunal~2", "~ asks for similar spellings", 8),
        ("jug?ment", "? does not replace a letter", 3),
        ("un~*", "only one sign", 2),
    ],
)
def test_what_can_find_nothing_says_why_and_where(text, message, position):
    """Not 'Nothing found', and not pages that nobody searched for."""
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert message in str(caught.value)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("typed", "field", "value"),
    [
        ("ប្រភេទ:judgment", Field.KIND, "judgment"),
        ("ប្រភេទ៖judgment", Field.KIND, "judgment"),
        ("ប្រ\u200bភេទ:\u200bjudgment", Field.KIND, "judgment"),
        ("Type:judgment", Field.KIND, "judgment"),
        ("ប្រអប់:ប្រអប់-០០២", Field.BOX, "ប្រអប់-002"),
        ("BOITE:b", Field.BOX, "b"),
        ("boîte:b", Field.BOX, "b"),
        ("អក្សរ:អក្សរខ្មែរ", Field.SCRIPT, "khmer"),
        ("écriture:latin", Field.SCRIPT, "latin"),
        ("ឆ្នាំ:១៩៩៨", Field.DATE, "1998-01-01"),
        ("កាលបរិច្ឆេទ៖១៩៩៨..២០០៤", Field.DATE, "1998-01-01"),
        ("année:1998", Field.DATE, "1998-01-01"),
    ],
)
def test_fields_have_names_in_every_language(typed, field, value):
    """For keyboards without Latin letters, with their own colon, with invisible spaces and without accents."""
    ((condition,),) = parse(typed).conditions
    assert (condition.field, condition.value, condition.text) == (field, value, typed)


@pytest.mark.parametrize("text", ["ពាក្យ:ក", "ពាក្យ៖ក", "ឈ្មោះជនជាប់ចោទ៖សុខ", "Objet: vol"])
def test_a_colon_alone_makes_no_field(text):
    """As in words copied from a paper."""
    assert not parse(text).conditions


@pytest.mark.parametrize(
    ("date", "message"),
    [
        ("1965..1960", "The right order is date:1960..1965"),
        ("1960-05..1960-04", "runs backwards"),
        ("២០០០..១៩៩៩", "runs backwards"),
        ("1965-13", "There is no day 1965-13"),
        ("1965-00", "There is no day 1965-00"),
        ("1965-02-29", "There is no day 1965-02-29"),
        ("32/01/1999", "There is no day 32/01/1999"),
        ("1960-1965", "date:1960..1965"),
        ("63", "A date is written"),
        ("0000", "A date is written"),
        ("hier", "A date is written"),
        ("..", "A date is written"),
        ("196x..1970", "A date is written"),
        ("1960..?", "A date is written"),
        ("1960..1962..1964", "A date is written"),
        ("196*", "A date is written"),
        ("2541", "date:1997..1998"),
        ("២៥០៦..២៥០៨", "Buddhist"),
        ("1960 .. 1965", "without spaces"),
        ("1960 ..1965", "without spaces"),
        ("1960.. 1965", "without spaces"),
        ("1960 … 1965", "without spaces"),
    ],
)
def test_a_date_that_no_paper_can_have_says_so(date, message):
    """Impossible days, ranges that run backwards or have spaces, Buddhist years."""
    with pytest.raises(QueryError, match=re.escape(message)) as caught:
        parse(f"un date:{date}")
    assert caught.value.position >= 8


@pytest.mark.parametrize(
    ("date", "days"),
    [
        ("1963", ("1963-01-01", "1963-12-31")),
        ("1964-02", ("1964-02-01", "1964-02-29")),
        ("1963-5-2..", ("1963-05-02", "9999-12-31")),
        ("..1963", ("0001-01-01", "1963-12-31")),
        ("1960…1965", ("1960-01-01", "1965-12-31")),
        ("1960...1965", ("1960-01-01", "1965-12-31")),
        ("12/05/1963..15.5.1963", ("1963-05-12", "1963-05-15")),
        ('"12 mai 1963"', ("1963-05-12", "1963-05-12")),
        ("“ថ្ងៃទី១២ ខែឧសភា ឆ្នាំ១៩៦៣”", ("1963-05-12", "1963-05-12")),
        ("2030", ("2030-01-01", "2030-12-31")),
    ],
)
def test_dates_are_read_as_people_write_them(date, days):
    """In digits of any script, with the single character that phones write for three points, or in words."""
    ((condition,),) = parse(f"date:{date}").conditions
    assert (condition.value, condition.until) == days


@pytest.mark.parametrize(("text", "position"), [('a "b', 2), ("«", 0), ("", 0), ('""', 0), ("។ --", 0)])
def test_a_query_that_cannot_be_read_says_where(text, position):
    """The sentence names the place of the error."""
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position


def test_a_query_of_more_words_than_can_be_ranked_says_where_they_are_too_many():
    """A whole paragraph was pasted: in quotes it is one passage. Words that an OR joins are asked for as one."""
    words = [f"mot{number:02}" for number in range(60)]
    assert len(parse(" ".join([*words, "OR", "autre", "-sans", "box:a"])).groups) == 60
    with pytest.raises(QueryError, match="60 words at most") as caught:
        parse(" ".join([*words, "trop", "encore"]))
    assert caught.value.position == 60 * 6
    assert len(parse(f'"{" ".join([*words, "trop", "encore"])}"').groups) == 1


def test_what_parts_lines_parts_nothing_in_a_phrase():
    """A phrase that was copied from a page or a table may hold line ends and tabs."""
    (term,) = parse('"première\tinstance\n\nde"').terms
    assert term.phrase == (["premiere", "instance", "de"], False)
    assert {unit.block for unit in term.units} == {0}


def test_words_that_follow_one_another_have_a_seam():
    """Only outside quotes: a phrase is one piece."""
    (adjacency,) = parse("សាល ក្រម").adjacencies
    assert adjacency.phrase == parse("លក្រ").terms[0].phrase
    assert parse('សាល "ក្រម"').adjacencies == ()


_GLOSSARY = NameLookup(read_names(ROOT / "config" / "glossary"), lambda: ["of_another_glossary", "judgment"])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("kind:judgment", ["judgment"]),
        ("kind:Jugement", ["judgment"]),
        ("kind:សាលក្រម", ["judgment"]),
        ("kind:witness_interview", ["witness_interview"]),
        ("kind:witness-interview", ["witness_interview"]),
        ('kind:"Procès-verbal d’audition de témoin"', ["witness_interview"]),
        ("kind:proces-verbal", ["police_record"]),
        ("kind:unknown", ["unknown"]),
        ("kind:of_another_glossary", ["of_another_glossary"]),
        ("kind:of*", ["of_another_glossary"]),
    ],
)
def test_kinds_are_known_by_their_names_in_three_languages(text, kinds):
    """As `bannasar kinds` lists them; kinds in the archive are also known."""
    (conditions,) = parse(text, _GLOSSARY).conditions
    assert [condition.value for condition in conditions] == kinds


def test_the_beginning_of_a_kind_is_that_of_any_of_its_names():
    """One of several kinds is enough; if they are excluded, none of them may occur."""
    (found,) = parse("kind:procès*", _GLOSSARY).conditions
    assert {"police_record", "witness_interview"} < {condition.value for condition in found}
    barred = parse("un -kind:procès*", _GLOSSARY).barred
    assert set(barred) == {condition._replace(text="kind:procès*") for condition in found}


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("kind:judgement", "There is no kind judgement. Did you mean judgment", 5),
        ("un -kind:jugemnt", "Did you mean judgment", 9),
        ('un OR deux kind:"jugemnt"', "Did you mean judgment", 16),
        ("kind:xyzzy", "There is no kind xyzzy. `bannasar kinds`", 5),
        ("kind:xyzzy*", "There is no kind that begins with xyzzy", 5),
    ],
)
def test_an_unknown_kind_says_which_are_near(text, message, position):
    """In any place: an exclusion of it would exclude nothing."""
    with pytest.raises(QueryError) as caught:
        parse(text, _GLOSSARY)
    assert message in str(caught.value)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('court:"Tribunal de première instance de Battambang"', "court:សាលាដំបូងខេត្តបាត់ដំបង"),
        ("court:Kampot", "court:ខេត្តកំពត"),
        ("court:«Cour suprême»", "court:តុលាការកំពូល"),
    ],
)
def test_a_court_is_found_by_its_other_names(text, same):
    """Documents store the Khmer name."""
    (conditions,), ((wanted,),) = (parse(query, _GLOSSARY).conditions for query in (text, same))
    assert wanted.value in [condition.value for condition in conditions]


def test_half_a_character_is_as_a_sign_that_is_none():
    """A shell in another encoding may send it, and no store could search for it."""
    assert parse("kind:\udcffabc greffier") == parse("kind:?abc greffier")
