"""A cluster behind a proxy, or with its own limits: its answers are understood, and nothing is lost."""

import pytest

from models.errors import IndexUnusableError
from pipeline.index import elastic_bulk
from pipeline.index.elastic import ElasticStore
from pipeline.index.language import parse
from pipeline.index.store import View, fingerprint
from tests.conftest import EVERYTHING, Maker, index_settings
from tests.elastic import V8
from tests.proxy import Answer, proxy

pytestmark = pytest.mark.slow

_ELASTIC = (("X-elastic-product", "Elasticsearch"),)


@pytest.fixture
def url(servers):
    return servers.get(V8).url


@pytest.fixture
def big(make):
    """Return a case file of many pages."""
    pages = [make.page([f"greffier mot{number}"], number=number) for number in range(1, 31)]
    return make.case(*pages), pages


@pytest.mark.parametrize("most", [8_000, 3_000])
def test_what_is_too_much_at_once_is_sent_in_smaller_parts(url, index_name, big, most):
    """A proxy or the cluster accepts a megabyte or less: all pages are added once, and the limit is remembered."""
    refused = []

    def decide(path, body):
        if path.endswith("/_bulk") and len(body) > most:
            refused.append(len(body))
            return Answer(413)
        return None

    case, pages = big
    with proxy(url, decide) as before, ElasticStore(index_settings(url=before, name=index_name)) as store:
        store.put(case, pages)
        assert (store.count(), store.cases()) == (len(pages), {case.id: fingerprint(case)})
        assert store.search(parse("mot7"), View(), EVERYTHING).pages == 1
        assert 0 < len(refused) < 9
        seen = len(refused)
        store.put(case, pages)
        assert len(refused) == seen


def test_a_page_that_is_too_large_by_itself_is_named_with_what_to_raise(url, index_name, make):
    """Its incomplete case file is not reported as whole; the next case file is added."""
    pages = [make.page([f"mot{number}"], number=number) for number in range(1, 4)]
    pages.append(make.page([f"mot{word}" for word in range(4_000)], number=4))
    small = make.page(["greffier"], scan="b" * 64)

    def decide(path, body):
        return Answer(413) if path.endswith("/_bulk") and len(body) > 20_000 else None

    with proxy(url, decide) as before, ElasticStore(index_settings(url=before, name=index_name)) as store:
        with pytest.raises(IndexUnusableError, match=r"page 4 of .* bytes .*413.*max_content_length.*index sync"):
            store.put(make.case(*pages), pages)
        assert store.cases() == {}
        other = make.case(small, case_id="box_b")
        store.put(other, [small])
        assert store.cases() == {other.id: fingerprint(other)}


@pytest.fixture(scope="module")
def held(servers):
    """Return the settings of an index that holds a case file, and the case file."""
    make = Maker()
    page = make.page(["greffier"])
    settings = servers.get(V8).settings("behind-a-proxy")
    with ElasticStore(settings) as store:
        store.put(make.case(page), [page])
    return settings, make.case(page), [page]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(502), r"not ready for that now: status 502"),
        (Answer(503, "text/plain", b"no server is available"), r"not ready for that now: status 503"),
        (Answer(429), r"not ready for that now: status 429"),
        (Answer(504), r"not ready for that now: status 504"),
        (Answer(200), r"is not Elasticsearch"),
        (Answer(200, "application/json", b"{}"), r"is not Elasticsearch"),
        (
            Answer(200, "application/json", b'{"hits": {"tot', headers=_ELASTIC),
            r"cannot be read: perhaps a proxy cut it off",
        ),
        (Answer(200, "application/json", b'{"hits": {"tot', 4_000, _ELASTIC), r"cannot be reached"),
        (Answer(400), r"refused: status 400"),
        (Answer(403), r"may not do that: status 403"),
        (Answer(404), r"is not Elasticsearch \(status 404\)"),
        (Answer(407), r"refused: status 407"),
        (Answer(500), r"refused: status 500"),
        (Answer(302), r"refused: status 302"),
    ],
)
def test_what_a_proxy_answers_instead_of_the_cluster_gets_a_sentence(held, monkeypatch, answer, message):
    """For writes as well as for searches; nothing counts as done."""
    monkeypatch.setattr(elastic_bulk, "_FIRST_WAIT", 0.01)
    settings, case, pages = held

    def decide(path, _body):
        return answer if path.endswith("/_bulk") or "/_search" in path else None

    with (
        proxy(settings.url, decide) as before,
        ElasticStore(settings.model_copy(update={"url": before})) as store,
    ):
        with pytest.raises(IndexUnusableError, match=message):
            store.search(parse("greffier"), View(), EVERYTHING)
        with pytest.raises(IndexUnusableError, match=message):
            store.put(case, pages)
