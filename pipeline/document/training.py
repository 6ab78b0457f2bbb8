"""Training the classifier: made papers and corrected real ones, misread as real pages are, then fitted.

Papers of one template share their sentences, which papers of other templates do not have. So the classifier does not
learn what only one or two templates have, and its confidence is set on templates that it was not trained with. The
titles and phrases of the glossary are training examples too: a real paper may have one that no made paper has.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.page import Block, Line, Page, Rect, Word
from pipeline.document.classifier import Linear, Model
from pipeline.document.facts import mentions_of
from pipeline.document.features import Features, begin_features, is_centred, kind_features
from pipeline.document.glossary import Names
from pipeline.document.labelled import LabelledDocument
from pipeline.document.learning import learning_libraries
from pipeline.document.match_text import match_text
from pipeline.document.roles import OTHER, OWN, ROLES, role_features
from pipeline.document.sketch import Sketch
from pipeline.text.script import is_khmer

with learning_libraries():
    from scipy.optimize import minimize_scalar
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

_SEED = 8
_READINGS = 3
# Shares of misread characters, as old pages have them.
_MISREAD = (0.0, 0.01, 0.02, 0.04, 0.08)
# Features that fewer origins have are names and places.
_ORIGINS = 3
# The inverse of the regularisation, and the most features kept.
_STRENGTH = 30.0
_COLUMNS = 30_000
_FOLDS = 3
_ALWAYS = -1
_FEW = 3


class _Example(NamedTuple):
    """Features, the right class, their origin, and with which fold they are held back, if ever."""

    features: Features
    label: str
    origin: str
    fold: int


def teach(
    known: Sequence[LabelledDocument], confirmed: Sequence[LabelledDocument], names: Names, case_numbers: Sequence[str]
) -> Model:
    """Return a model.

    Args:
        known: made documents.
        confirmed: documents of an archive whose kind people have confirmed; each weighs as much as a made one.
        names: the glossary.
        case_numbers: the patterns of case numbers.
    """
    chance = random.Random(_SEED)  # noqa: S311  # it keeps nothing secret
    everything = [*known, *confirmed]
    folds = _folds(everything)
    bodies = [_body(document.pages[0], names) for document in known]
    return Model(
        kinds=_fit(
            [
                *_kinds(everything, folds, names, chance),
                *_titles(names, chance),
                *_phrases(names, bodies, chance),
            ]
        ),
        begins=_fit(list(_beginnings(known, folds, names, chance))),
        roles=_fit(list(_roles(everything, folds, names, case_numbers, chance))),
        taught_with=frozenset(document.origin for document in confirmed),
    )


def misread(page: Page, chance: random.Random, share: float) -> Page:
    """Return a page as a recogniser may read it: some characters other or lost, some lines lost.

    Args:
        page: the page as it is printed.
        chance: the random generator.
        share: of misread characters.
    """
    pool = _text(page) or " "

    def reads(word: Word) -> Word:
        made = []
        for character in word.text:
            luck = chance.random()
            if luck > share:
                made.append(character)
            elif luck > share / 3:
                made.append(chance.choice(pool))
        return word.model_copy(update={"text": "".join(made) or word.text})

    blocks = []
    for block in page.blocks:
        lines = tuple(
            line.model_copy(update={"words": tuple(map(reads, line.words))})
            for line in block.lines
            if chance.random() > share / 2
        )
        if lines:
            blocks.append(block.model_copy(update={"lines": lines}))
    return page.model_copy(update={"blocks": tuple(blocks)})


def _folds(documents: Sequence[LabelledDocument]) -> dict[str, int]:
    """Return the fold of each origin: those of one kind and script are spread, so that every fold trains each."""
    dealt: Counter[tuple[str, bool]] = Counter()
    folds: dict[str, int] = {}
    for document in documents:
        if document.origin not in folds:
            group = document.kind, is_khmer(_text(document.pages[0]))
            folds[document.origin] = dealt[group] % _FOLDS
            dealt[group] += 1
    return folds


def _text(page: Page) -> str:
    return "".join(word.text for block in page.blocks for line in block.lines for word in line.words)


def _kinds(
    documents: Sequence[LabelledDocument], folds: Mapping[str, int], names: Names, chance: random.Random
) -> Iterator[_Example]:
    for document in documents:
        for _ in range(_READINGS):
            share = chance.choice(_MISREAD)
            read = [Sketch(misread(page, chance, share), names) for page in document.pages]
            yield _Example(kind_features(read), document.kind, document.origin, folds[document.origin])


def _titles(names: Names, chance: random.Random) -> Iterator[_Example]:
    """Yield an example for each title of the glossary."""
    for title, kind in names.written.items():
        for _ in range(_READINGS):
            features = _read_once(_page([title]), names, chance)
            head = {name: value for name, value in features.items() if name.startswith("head ")}
            yield _Example(head, kind, f"title {title}", _ALWAYS)


def _phrases(names: Names, bodies: Sequence[Sequence[str]], chance: random.Random) -> Iterator[_Example]:
    """Yield an example for each phrase of the glossary, among a few lines of any paper of its script."""
    lines = _by_script(bodies)
    for phrase, kind in names.phrases.items():
        for _ in range(_READINGS):
            few = [*chance.sample(lines[is_khmer(phrase)], chance.randint(0, _FEW)), phrase]
            chance.shuffle(few)
            yield _Example(_read_once(_page(few), names, chance), kind, f"phrase {phrase}", _ALWAYS)


def _by_script(bodies: Sequence[Sequence[str]]) -> dict[bool, list[str]]:
    return {script: [line for body in bodies for line in body if is_khmer(line) is script] for script in (True, False)}


def _read_once(page: Page, names: Names, chance: random.Random) -> Features:
    return kind_features([Sketch(misread(page, chance, chance.choice(_MISREAD)), names)])


def _body(page: Page, names: Names) -> list[str]:
    """Return the lines of a page without the centred ones, as titles are."""
    return [seen.text.strip() for seen in Sketch(page, names).lines if not is_centred(seen, page)]


def _page(lines: Sequence[str]) -> Page:
    """Return a page with these lines, from its top."""
    blocks = []
    for place, text in enumerate(lines):
        box = Rect(150, 150 + 45 * place, 150 + 9 * len(text), 180 + 45 * place)
        words = tuple(Word(text=word, box=box, confidence=1) for word in text.split())
        blocks.append(Block(lines=(Line(words=words, box=box, confidence=1),), box=box))
    return Page(scan="", number=1, recipe="", width=1000, height=1414, dpi=120, blocks=tuple(blocks))


def _beginnings(
    documents: Sequence[LabelledDocument], folds: Mapping[str, int], names: Names, chance: random.Random
) -> Iterator[_Example]:
    """Yield examples of first pages: documents one after another, in random order, as scans hold them."""
    shuffled = list(documents)
    chance.shuffle(shuffled)
    full = [document.pages[0] for document in documents if len(document.pages) > 1]
    before: Page | None = None
    for document in shuffled:
        for number, page in enumerate(document.pages):
            above = [before] if before else []
            if not number:
                # The last page of a document may be full to its foot.
                above.append(chance.choice(full))
            for last in above:
                read = [Sketch(misread(one, chance, chance.choice(_MISREAD)), names) for one in (last, page)]
                label = "no" if number else "yes"
                yield _Example(begin_features(read[0], read[1]), label, document.origin, folds[document.origin])
            before = page


def _roles(
    documents: Sequence[LabelledDocument],
    folds: Mapping[str, int],
    names: Names,
    case_numbers: Sequence[str],
    chance: random.Random,
) -> Iterator[_Example]:
    """Yield examples of a document's own date, court and number, and of others, if they are read correctly."""
    for document in documents:
        read = [match_text(misread(page, chance, chance.choice(_MISREAD[:3]))) for page in document.pages]
        mentions = mentions_of(read, names, case_numbers)
        for role in ROLES:
            value = document.facts.get(role)
            own = [mention for mention in mentions if mention.name is role]
            if value is None or (value and all(mention.value != value for mention in own)):
                continue
            for mention in own:
                label = OWN if value and mention.value == value else OTHER
                yield _Example(role_features(mention, mentions, read), label, document.origin, folds[document.origin])


def _fit(examples: Sequence[_Example]) -> Linear:
    """Fit a logistic regression, keep its strongest features, and find its temperature."""
    features, labels, origins, folds = (list(column) for column in zip(*examples, strict=True))
    vectorizer = DictVectorizer(dtype=np.float32)
    table = vectorizer.fit_transform(features)
    kept = _shared(table, origins)
    table = table[:, kept]
    labelled = np.array(labels)
    temperature = _temperature(table, labelled, np.array(folds))
    model = _regression().fit(table, labelled)
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        weights, bias = np.vstack([-weights[0], weights[0]]) / 2, np.array([-bias[0], bias[0]]) / 2
    strongest = np.sort(np.argsort(-np.abs(weights).max(axis=0))[:_COLUMNS])
    columns = np.array(vectorizer.feature_names_)[kept][strongest]
    return Linear(
        tuple(model.classes_.tolist()),
        {name: place for place, name in enumerate(columns.tolist())},
        weights[:, strongest].T.astype(np.float32),
        bias.astype(np.float32),
        temperature,
    )


def _regression() -> LogisticRegression:
    return LogisticRegression(C=_STRENGTH, max_iter=200)


def _shared(table: csr_matrix, origins: Sequence[str]) -> NDArray[np.int64]:
    """Return the features that enough origins have."""
    seen: defaultdict[int, set[str]] = defaultdict(set)
    rows, columns = table.nonzero()
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if len(seen[column]) < _ORIGINS:
            seen[column].add(origins[row])
    return np.array(sorted(column for column, of in seen.items() if len(of) == _ORIGINS))


def _temperature(table: csr_matrix, labels: NDArray[np.str_], folds: NDArray[np.int_]) -> float:
    """Return the divisor of the scores that makes their probabilities right for origins it was not trained with."""
    classes = np.unique(labels)
    scores, truth = [], []
    for fold in range(_FOLDS):
        held = folds == fold
        model = _regression().fit(table[~held], labels[~held])
        given = model.decision_function(table[held])
        given = np.column_stack([-given, given]) / 2 if given.ndim == 1 else given
        # A class that only these have does not count.
        scored = np.full((given.shape[0], len(classes)), -np.inf)
        scored[:, np.searchsorted(classes, model.classes_)] = given
        right = np.searchsorted(classes, labels[held])
        known = np.isin(labels[held], model.classes_)
        scores.append(scored[known])
        truth.append(right[known])
    every, right = np.vstack(scores), np.concatenate(truth)
    own = every[np.arange(len(right)), right]

    def loss(heat: float) -> float:
        return float(np.mean(np.logaddexp.reduce(every / heat, axis=1) - own / heat))

    return float(minimize_scalar(loss, bounds=(0.2, 20), method="bounded").x)
