"""Why a query finds nothing: which of its parts is on no page, and what the archive has instead."""

from collections.abc import Callable, Iterator, Sequence

from rapidfuzz import process

from models.message import Message, Part, Value, What, counted, sentences
from models.scope import Scope
from pipeline.index.query import Condition, Field, Query, Term
from pipeline.index.results import required
from pipeline.index.store import Store, View
from pipeline.text.normalise import match_form

_MOST_VALUES = 8
_COUNT = View(limit=1)


def why_nothing(store: Store, query: Query, scope: Scope) -> list[Message]:
    """Return sentences about why a query finds nothing in a scope; none if its parts do not show the reason.

    Raises:
        IndexUnusableError: the index cannot be used.
    """

    def count(part: Query) -> int:
        return store.search(part, _COUNT, scope).pages

    parts = list(_parts(query))
    counts = [count(part) for _, part in parts]
    if not any(counts) and not count(Query()):
        return [Message("The index has no pages yet: `bannasar index check` says what is missing.")]
    values = _values(store, scope)
    absent = [_absent(part, text, values) for (text, part), pages in zip(parts, counts, strict=True) if not pages]
    if absent:
        return absent
    if query.without or query.barred:
        left = count(query._replace(without=(), barred=()))
        if left:
            barred = [*(_shown(term) for term in query.without), *(one.text for one in query.barred)]
            return [
                counted(
                    "{n} page would be found, but {words} must not be on it.",
                    "{n} pages would be found, but {words} must not be on them.",
                    left,
                    words=tuple(dict.fromkeys(barred)),
                )
            ]
    if len(parts) > 1:
        each = tuple(
            counted("{text} ({n} page)", "{text} ({n} pages)", pages, text=text)
            for (text, _), pages in zip(parts, counts, strict=True)
        )
        return [Message("Each of these is found, but not all together: {each}.", each=each)]
    return []


def _parts(query: Query) -> Iterator[tuple[str, Query]]:
    """Yield the parts of a query that a page must match: the text of each, and the part as a query."""
    for conditions in query.conditions:
        yield " OR ".join(dict.fromkeys(one.text for one in conditions)), Query(conditions=(conditions,))
    for number, group in enumerate(query.groups):
        if required(group) or number in query.must or len(query.groups) == 1:
            yield " OR ".join(map(_shown, group)), Query(groups=(group,))


def _absent(part: Query, text: str, values: Callable[[Field], Sequence[str]]) -> Message:
    """Return a sentence that no page matches a part of a query, and what the archive has instead."""
    if part.groups:
        if required(part.groups[0]):
            return Message(
                "No page has exactly {text}. Without quotes, misread forms of it are searched too.", text=text
            )
        return Message("No page has {text} or anything similar.", text=text)
    field = part.conditions[0][0].field
    if field is Field.CASE:
        return Message("No case file has this name or number: {text}.", text=text)
    if field is Field.DATE:
        return _absent_date(text, [Value(year, What.DATE) for year in sorted(values(field))])
    listed = _nearest(field, values(field), part.conditions[0][0])
    return sentences(
        Message("No page of this archive matches {text}.", text=text),
        _LISTED[field](listed) if listed else Message("None of them could be read."),
    )


def _absent_date(text: str, years: Sequence[Value]) -> Message:
    read = (
        Message("The years that could be read are {first} to {last}.", first=years[0], last=years[-1])
        if years
        else Message("No date could be read at all.")
    )
    return sentences(Message("No document has a date in {text}.", text=text), read)


_LISTED: dict[Field, Callable[[Part], Message]] = {
    Field.KIND: lambda listed: Message("Its kinds are: {listed}.", listed=listed),
    Field.COURT: lambda listed: Message("Its courts are: {listed}.", listed=listed),
    Field.BOX: lambda listed: Message("Its boxes are: {listed}.", listed=listed),
    Field.SCRIPT: lambda listed: Message("Its scripts are: {listed}.", listed=listed),
}
_NAMED = {Field.KIND: What.KIND, Field.COURT: What.COURT, Field.SCRIPT: What.WORD}
_FACETS = {Field.KIND: "kind", Field.COURT: "court", Field.BOX: "box", Field.SCRIPT: "script", Field.DATE: "year"}


def _values(store: Store, scope: Scope) -> Callable[[Field], Sequence[str]]:
    """Return a function that gives the values of a field in the index; it searches once, and only if needed."""
    facets: dict[str, list[str]] = {}

    def of(field: Field) -> Sequence[str]:
        if not facets:
            found = store.search(Query(), View(limit=0, facets=True), scope).facets
            facets.update({name: [count.value for count in counts] for name, counts in found.items()})
        return facets[_FACETS[field]]

    return of


def values_of(store: Store, field: Field, scope: Scope) -> Sequence[str]:
    """Return the values of a field on the pages of a scope, the most frequent first.

    Raises:
        IndexUnusableError: the index cannot be used.
    """
    return _values(store, scope)(field)


def _nearest(field: Field, values: Sequence[str], condition: Condition) -> Part:
    """Return the values to show, most similar first; "" if there are none."""
    if not values:
        return ""
    wanted = match_form(condition.text.partition(":")[2])
    near = process.extract(wanted, values, processor=match_form, limit=_MOST_VALUES)
    more = len(values) - len(near)
    what = _NAMED.get(field)
    listed = tuple(Value(value, what) if what else value for value, *_ in near)
    return Message("{listed} and {n} more", listed=listed, n=more) if more else listed


def _shown(term: Term) -> str:
    text = f'"{term.text}"' if term.exact else term.text
    return text + "~" * term.fuzzy + "*" * term.prefix
