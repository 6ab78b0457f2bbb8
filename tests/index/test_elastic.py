"""Faults of a cluster: it is unreachable, slow, full, strict, or refuses access. The servers are real."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import pytest
from elasticsearch import BadRequestError, ConnectionTimeout, Elasticsearch

from models.errors import IndexUnusableError
from pipeline.index import dsl, elastic_bulk
from pipeline.index.elastic import ElasticStore
from pipeline.index.entry import analysed
from pipeline.index.language import parse
from pipeline.index.store import View, fingerprint
from tests.bench.made_pages import cases
from tests.conftest import EVERYTHING, index_settings
from tests.elastic import PASSWORD, USER, V8, V9

pytestmark = pytest.mark.slow

_SECRET = "not-the-password-9"  # noqa: S105  # it is nobody's


@pytest.fixture
def server(servers):
    return servers.get(V8)


@pytest.fixture
def client(server):
    with server.client() as opened:
        yield opened


def _store(server, name, **settings):
    return ElasticStore(server.settings(name, **settings))


def _one(make, *lines):
    page = make.page(list(lines))
    return make.case(page), [page]


def test_an_index_stands_behind_an_alias_and_lets_nothing_else_in(server, client, index_name, make):
    """So that a new version can replace it, and an unknown field is refused and causes no surprise later."""
    with _store(server, index_name) as store:
        store.put(*_one(make, "greffier"))
        (first,) = client.indices.get_alias(name=index_name)
        assert first.startswith(f"{index_name}-v{dsl.VERSION}-")
        mapping = client.indices.get_mapping(index=index_name)[first]["mappings"]
        assert mapping["dynamic"] == "strict"
        assert {field.get("analyzer", "whitespace") for field in mapping["properties"].values()} == {"whitespace"}
        store.rebuild(analysed([_one(make, "greffier")]))
        (second,) = client.indices.get_alias(name=index_name)
        assert second != first
        assert not client.indices.exists(index=first)


@pytest.mark.parametrize("version", [V8, V9])
def test_each_level_has_a_shard_of_its_own(servers, version, index_name, make):
    """So that sealed pages change no score; and an entry without a route is refused."""
    server = servers.get(version)
    with _store(server, index_name) as store, server.client() as client:
        store.put(*_one(make, "greffier"))
        routes = [*dsl.ROUTES.values(), dsl.CASES]
        shards = [client.search_shards(index=index_name, routing=route)["shards"] for route in routes]
        assert sorted(shard["shard"] for ((shard,),) in shards) == [0, 1, 2, 3, 4]
        with pytest.raises(BadRequestError, match="routing"):
            client.index(index=index_name, id="1", document={"case": "a"})


def test_what_is_sent_twice_is_there_once(server, client, index_name, make):
    """Ids of entries are made from what they are."""
    with _store(server, index_name) as store:
        for _ in range(3):
            store.put(*_one(make, "greffier"))
        assert store.count() == 1
        assert client.count(index=index_name)["count"] == 2


def test_a_case_file_that_was_left_half_way_is_not_told_to_be_in(server, index_name, make):
    """The write stopped between the pages: `index sync` adds it again, and nothing is there twice."""
    case, pages = _one(make, "greffier")
    more = [make.page([f"témoin {number}"], number=number) for number in range(1, 400)]
    big = make.case(*more)

    def stopped():
        yield from more[:250]
        raise KeyboardInterrupt

    with _store(server, index_name) as store:
        store.put(case, pages)
        with pytest.raises(KeyboardInterrupt):
            store.put(big, stopped())
        assert store.cases() == {case.id: fingerprint(case)}
        store.put(big, more)
        assert store.cases() == {big.id: fingerprint(big)}
        assert store.count() == 399


def test_an_index_of_an_older_mapping_is_refused_until_it_is_made_anew(server, client, index_name, make):
    """Then it works like a new one; searches were never answered from unreadable content."""
    old = f"{index_name}-v0-20250101000000000000"
    client.indices.create(index=old, mappings={"_meta": {"bannasar": 0}}, aliases={index_name: {}})
    with _store(server, index_name) as store:
        for ask in (store.count, store.cases, lambda: store.put(*_one(make, "greffier"))):
            with pytest.raises(IndexUnusableError, match="another version"):
                ask()
        assert store.rebuild(analysed([_one(make, "greffier")])) == 1
        assert [hit.page for hit in store.search(parse("greffier"), View(), EVERYTHING).hits] == [1]


def test_a_new_index_outlives_a_late_answer_that_it_is_in_place(server, client, index_name, make, monkeypatch):
    """The client repeats a request without answer; the cluster has already done it and finds nothing to remove."""
    with _store(server, index_name) as store:
        store.put(*_one(make, "ancien"))
        (old,) = client.indices.get_alias(name=index_name)
        swap = store._client.indices.update_aliases

        def sent_twice(**what):
            swap(**what)
            return swap(**what)

        monkeypatch.setattr(store._client.indices, "update_aliases", sent_twice)
        assert store.rebuild(analysed([_one(make, "greffier")])) == 1
        assert store.search(parse("greffier"), View(), EVERYTHING).pages == 1
        assert not client.indices.exists(index=old)


def test_an_index_that_may_yet_become_live_is_not_deleted(server, client, index_name, make, monkeypatch):
    """The cluster gave no answer at all: searches use the old index, and the next rebuild cleans up."""
    with _store(server, index_name) as store:
        store.put(*_one(make, "ancien"))
        with monkeypatch.context() as slow:

            def unanswered(**_what):
                raise ConnectionTimeout("late")

            slow.setattr(store._client.indices, "update_aliases", unanswered)
            with pytest.raises(IndexUnusableError, match="did not answer within"):
                store.rebuild(analysed([_one(make, "greffier")]))
        assert store.search(parse("ancien"), View(), EVERYTHING).pages == 1
        assert len(client.indices.get(index=f"{index_name}-v*")) == 2
        assert store.rebuild(analysed([_one(make, "greffier")])) == 1
        assert len(client.indices.get(index=f"{index_name}-v*")) == 1


def test_a_rebuild_that_stopped_within_a_case_file_adds_all_of_it(server, client, index_name, make, monkeypatch):
    """Some of its pages are in, and its entry says so: none is there twice, and none is missing."""
    page, many = (
        make.page(["nouveau"]),
        [make.page(["témoin"], number=number, scan="b" * 64) for number in range(1, 400)],
    )
    small, large = make.case(page, case_id="box_small"), make.case(*many, case_id="box_large")

    with _store(server, index_name) as store:
        send = store._bulk.send

        def stopped(actions):
            wanted = list(actions)
            send(wanted[:250])
            if wanted[250:]:
                raise KeyboardInterrupt

        with monkeypatch.context() as stopping:
            stopping.setattr(store._bulk, "send", stopped)
            with pytest.raises(KeyboardInterrupt):
                store.rebuild(analysed([(small, [page]), (large, many)]))
        begun = store.begun()
        assert begun == {small.id: fingerprint(small)}
        # A page of it that was added is no longer part of it.
        shorter = make.case(*many[1:], case_id="box_large")
        assert store.rebuild(analysed([(shorter, many[1:])]), begun) == 399
        assert sorted(store.cases()) == ["box_large", "box_small"]
        assert len(client.indices.get(index=f"{index_name}-v*")) == 1


def test_a_half_made_index_stays_if_the_bags_cannot_be_read(server, index_name, make):
    """The next rebuild goes on with it."""
    case, pages = _one(make, "greffier")

    def unreadable():
        yield from analysed([(case, pages)])
        raise IndexUnusableError("The workers could not read the bags.")

    with _store(server, index_name) as store:
        with pytest.raises(IndexUnusableError, match="could not read"):
            store.rebuild(unreadable())
        assert store.begun() == {case.id: fingerprint(case)}


def test_an_index_that_the_cluster_made_by_itself_is_not_gone_on_with(server, client, index_name, make):
    """A page that was sent late to a half-made index makes it again after it was deleted, without its mapping."""
    late = f"{index_name}-v{dsl.VERSION}-20260101000000000000"
    client.index(index=late, id="1", document={"case": "box_1", "fingerprint": "f", "pages": []}, refresh=True)
    with _store(server, index_name) as store:
        assert store.begun() == {}
        assert store.rebuild(analysed([_one(make, "greffier")])) == 1
        assert not client.indices.exists(index=late)


def test_a_half_made_index_that_the_cluster_refuses_to_fill_is_removed(server, client, index_name, make, monkeypatch):
    """Its disk may be full, and it needs the room."""
    case, pages = _one(make, "greffier")

    def full():
        yield from analysed([(case, pages)])
        (half,) = client.indices.get(index=f"{index_name}-v*")
        client.indices.put_settings(index=half, settings={"index.blocks.read_only_allow_delete": True})
        yield from analysed([(case, pages)])

    monkeypatch.setattr(elastic_bulk, "_FIRST_WAIT", 0.01)
    with _store(server, index_name) as store:
        with pytest.raises(IndexUnusableError, match="free some space"):
            store.rebuild(full())
        assert store.begun() == {}
        assert client.indices.get(index=f"{index_name}-v*").body == {}


def test_a_full_disk_of_the_cluster_gets_a_sentence_and_passes(server, client, index_name, make, monkeypatch):
    """Elasticsearch blocks writing then, as its flood stage does: nothing is lost."""
    monkeypatch.setattr(elastic_bulk, "_FIRST_WAIT", 0.01)
    with _store(server, index_name) as store:
        store.put(*_one(make, "greffier"))
        client.indices.put_settings(index=index_name, settings={"index.blocks.read_only_allow_delete": True})
        with pytest.raises(IndexUnusableError, match="free some space") as full:
            store.put(*_one(make, "témoin"))
        assert "index sync" in str(full.value)
        assert store.search(parse("greffier"), View(), EVERYTHING).pages == 1
        client.indices.put_settings(index=index_name, settings={"index.blocks.read_only_allow_delete": None})
        store.put(*_one(make, "témoin"))
        assert store.search(parse("témoin"), View(), EVERYTHING).pages == 1


def test_a_seal_that_a_cluster_does_not_take_is_not_confirmed(server, client, index_name, make):
    """The service that seals gets the error, and refuses the case file until it is in the index."""
    case, pages = _one(make, "greffier")
    with _store(server, index_name) as store:
        store.put(case, pages)
        client.indices.put_settings(index=index_name, settings={"index.blocks.write": True})
        with pytest.raises(IndexUnusableError, match="free some space"):
            store.set_levels(case)
        client.indices.put_settings(index=index_name, settings={"index.blocks.write": None})
        assert store.set_levels(case)


def test_hits_beyond_those_a_cluster_shows_are_refused_with_the_way_to_have_them(server, index_name, make):
    """It would answer that all shards failed."""
    query = parse("greffier")
    with _store(server, index_name) as store:
        store.put(*_one(make, "greffier"))
        for grouped in (False, True):
            assert store.search(query, View(limit=1000, offset=9000, by_case=grouped), EVERYTHING).pages == 1
            for view in (View(limit=1000, offset=10_000, by_case=grouped), View(offset=9_995, by_case=grouped)):
                with pytest.raises(IndexUnusableError, match=r"first 10,000 hits.*--csv"):
                    store.search(query, view, EVERYTHING)


def test_nobody_at_the_address_gets_a_sentence():
    """The cluster is down, or the address is wrong."""
    settings = index_settings(url="http://127.0.0.1:9", name="nobody")
    with ElasticStore(settings) as store, pytest.raises(IndexUnusableError, match="cannot be reached"):
        store.count()


def test_a_server_killed_in_the_middle_of_a_bulk_loses_nothing_and_keeps_nothing_twice(server):
    """The power fails while pages are added; when it is back, the same command adds the missing pages."""
    made = list(cases(160, words=500))
    try:
        sent = threading.Event()

        def counted(pages, at):
            for number, page in enumerate(pages):
                if number == at:
                    sent.set()
                    server.kill()
                yield page

        with _store(server, "killed") as store, _store(server, "killed", seconds=2) as impatient:
            for case, pages in made[:5]:
                store.put(case, pages)
            with pytest.raises(IndexUnusableError, match=r"cannot be reached|did not answer"):
                store.put(made[5][0], counted(made[5][1], 10))
            assert sent.is_set()
            server.start()
            there = store.cases()
            assert there.keys() == {case.id for case, _ in made[:5]}
            for case, pages in made:
                if there.get(case.id) != fingerprint(case):
                    store.put(case, pages)
            assert store.count() == 160
            assert store.cases() == {case.id: fingerprint(case) for case, _ in made}
            server.freeze()
            with pytest.raises(IndexUnusableError, match="did not answer within"):
                impatient.search(parse("greffier"), View(), EVERYTHING)
            server.thaw()
            assert store.count() == 160
    finally:
        server.revive()


def test_a_search_that_takes_too_long_is_given_up_and_not_sent_again(server, index_name, make, monkeypatch):
    """Nobody can keep a cluster busy with one search: it would be sent three times."""
    with _store(server, index_name) as store, _store(server, index_name, seconds=1) as impatient:
        store.put(*_one(make, "greffier"))
        monkeypatch.setattr(impatient, "_checked", True)
        (node,) = impatient._client.transport.node_pool.all()
        sent = mock.Mock(wraps=node.perform_request)
        monkeypatch.setattr(node, "perform_request", sent)
        try:
            server.freeze()
            with pytest.raises(IndexUnusableError, match="did not answer within 1 s"):
                impatient.search(parse("greffier"), View(), EVERYTHING)
        finally:
            server.thaw()
        assert sent.call_count == 1
        assert store.search(parse("greffier"), View(), EVERYTHING).pages == 1


def test_a_search_for_many_words_takes_one_level_after_the_other(server, index_name, make, monkeypatch):
    """On two processors a cluster searches with four threads: it must not take one for each level."""
    with _store(server, index_name) as store:
        store.put(*_one(make, "greffier"))
        (node,) = store._client.transport.node_pool.all()
        sent = mock.Mock(wraps=node.perform_request)
        monkeypatch.setattr(node, "perform_request", sent)
        for words, is_paced in (("greffier", False), ("greffier a b c d e f g h", True)):
            for view in (View(facets=True), View()):
                sent.reset_mock()
                assert store.search(parse(words), view, EVERYTHING).pages == 1
                targets = [call.args[1] for call in sent.call_args_list if "_search" in call.args[1]]
                assert targets
                assert all(("max_concurrent_shard_requests=1" in one) is is_paced for one in targets)


@pytest.fixture
def narrow(servers):
    """Return a server that accepts at most 300 kilobytes at once."""
    return servers.get(V8, secure=True)


def test_a_cluster_that_is_too_busy_is_sent_it_again_until_all_is_in_once(narrow, make, monkeypatch):
    """It answers 429 while other writes fill its memory: these wait for a second node that never comes."""
    monkeypatch.setattr(elastic_bulk, "_FIRST_WAIT", 0.05)
    pages = [make.page([f"greffier mot{number}"], number=number) for number in range(1, 301)]
    case = make.case(*pages)
    other: list[dict[str, Any]] = [{"index": {"_index": "other", "_id": "1"}}, {"text": "x" * 280_000}]
    with (
        ThreadPoolExecutor() as threads,
        Elasticsearch(
            narrow.url, basic_auth=(USER, PASSWORD), ca_certs=str(narrow.certificate), request_timeout=150
        ) as client,
        _store(narrow, "busy") as store,
    ):

        def memory():
            (node,) = client.nodes.stats(metric="indexing_pressure")["nodes"].values()
            return node["indexing_pressure"]["memory"]

        store.put(*_one(make, "ancien"))
        client.indices.create(index="other")
        others = threads.submit(client.bulk, operations=other, wait_for_active_shards="all", timeout="120s")
        try:
            while memory()["current"]["all_in_bytes"] < 280_000:
                assert others.running()
            with monkeypatch.context() as hasty:
                hasty.setattr(elastic_bulk, "_RETRIES", 1)
                with pytest.raises(IndexUnusableError, match=r"not ready for that now.*429"):
                    store.put(case, pages)
            assert fingerprint(case) not in store.cases().values()
            refused = memory()["total"]["coordinating_rejections"]
            ours = threads.submit(store.put, case, pages)
            while memory()["total"]["coordinating_rejections"] < refused + 4:
                assert ours.running()
        finally:
            client.indices.put_settings(index="other", settings={"number_of_replicas": 0})
        ours.result()
        assert not others.result()["errors"]
        assert (store.count(), store.cases()) == (300, {case.id: fingerprint(case)})
        assert client.count(index="busy")["count"] == 301


@pytest.fixture(params=[V8, V9])
def guarded(request, servers):
    """Return a server that speaks TLS only and knows one user."""
    return servers.get(request.param, secure=True)


def test_a_user_is_let_in_over_a_certificate_that_is_trusted(guarded, index_name, make, tmp_path):
    """The password may be in a separate file."""
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    for known in ({}, {"password": "", "password_file": str(file)}):
        with _store(guarded, index_name, **known) as store:
            store.put(*_one(make, "greffier"))
            assert store.search(parse("greffier"), View(), EVERYTHING).pages == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"password": _SECRET}, "refuses the API key, or the user and password"),
        ({"api_key": _SECRET}, "refuses the API key"),
        ({"ca_file": ""}, "cannot be trusted"),
        ({"ca_file": "/nowhere.pem"}, "not there"),
    ],
)
def test_who_is_not_let_in_is_told_why_and_no_secret_is_told_to_anyone(guarded, index_name, wrong, message, caplog):
    """Not in a message, not in a chained error, and not in a log."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(IndexUnusableError, match=message) as refused, _store(guarded, index_name, **wrong) as store:
        store.count()
    error: BaseException | None = refused.value
    visible = caplog.text
    while error is not None:
        visible += f"{error!r} {error} {vars(error)}"
        error = error.__cause__
    for secret in (_SECRET, PASSWORD):
        assert secret not in visible


def test_an_api_key_is_sent_as_elasticsearch_wants_it(guarded, index_name):
    """The plain server creates no keys; the answer about an unknown key shows that our header arrives."""
    with _store(guarded, index_name, api_key="aWQ6c2VjcmV0") as store:
        sent = store._client._headers["authorization"]
        assert sent == "ApiKey aWQ6c2VjcmV0"
        with pytest.raises(IndexUnusableError, match="refuses the API key"):
            store.count()


def test_secrets_are_not_shown_where_settings_are():
    """A traceback, a log line or a dump of the settings contains stars."""
    settings = index_settings(url="https://x", user=USER, password=_SECRET, api_key=_SECRET)
    assert _SECRET not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.without_secrets().password.get_secret_value() == ""
