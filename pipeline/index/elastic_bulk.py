"""Writes to a cluster in bulk: sends again if the cluster is too busy, and smaller requests if one is too large."""

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

from elasticsearch import ApiError, Elasticsearch
from elasticsearch.helpers import streaming_bulk

from models.errors import IndexUnusableError
from models.settings import IndexSettings
from pipeline.index.cluster import read_only

# If the cluster is too busy: how often to send again, and how many seconds to wait at first and at most.
_RETRIES = 6
_FIRST_WAIT, _LONGEST_WAIT = 1, 60
# How many entries are sent in one request, and how many bytes for each.
_MOST_AT_ONCE = 200
_ENTRY_BYTES = 50_000
_NOT_THERE, _TOO_LARGE = 404, 413


class Bulk:
    """Sends entries to a cluster."""

    def __init__(self, client: Elasticsearch, settings: IndexSettings) -> None:
        """Set the cluster."""
        self._client = client
        self._settings = settings
        self._most = _MOST_AT_ONCE

    def send(self, wanted: Iterable[dict[str, Any]]) -> None:
        """Send entries. If the cluster is too busy, send them again; if a request is too large, send fewer at once.

        Raises:
            IndexUnusableError: some of it was refused.
        """
        actions, most = iter(wanted), self._most
        while left := self._send_by(most, actions):
            if most == 1:
                raise IndexUnusableError(self._too_large(left[0]))
            most //= 2
            actions = itertools.chain(left, actions)
        self._most = most

    def _send_by(self, most: int, actions: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
        """Send entries, ``most`` in one request; if the cluster finds one too large, return what is not sent yet."""
        sent: dict[str, dict[str, Any]] = {}

        def noted() -> Iterator[dict[str, Any]]:
            for action in actions:
                sent[action["_id"]] = action
                yield action

        try:
            for is_done, done in streaming_bulk(
                self._client,
                noted(),
                chunk_size=most,
                max_chunk_bytes=most * _ENTRY_BYTES,
                max_retries=_RETRIES,
                initial_backoff=_FIRST_WAIT,
                max_backoff=_LONGEST_WAIT,
                raise_on_error=False,
            ):
                ((kind, answer),) = done.items()
                is_gone = kind == "delete" and answer["status"] == _NOT_THERE
                if not (is_done or is_gone):
                    raise IndexUnusableError(self._refused(answer))
                del sent[answer["_id"]]
        except ApiError as error:
            if error.meta.status != _TOO_LARGE:
                raise
            return list(sent.values())
        return []

    def _too_large(self, action: dict[str, Any]) -> str:
        source = action["_source"]
        what = f"page {source['number']} of {source['path']}" if "number" in source else "the list of its pages"
        size = len(json.dumps(source, ensure_ascii=False).encode())
        return (
            f"{self._settings.url} does not accept a request as large as {source['case']} needs: {what} has "
            f"{size:,} bytes ({_TOO_LARGE}). Raise http.max_content_length of the cluster, or the limit of a proxy in "
            "front of it (client_max_body_size of nginx), then run `bannasar index sync`."
        )

    def _refused(self, answer: dict[str, Any]) -> str:
        cause = answer.get("error") or {}
        reason = f"{cause.get('reason', cause)} ({answer['status']})" if isinstance(cause, dict) else str(cause)
        if answer["status"] in {403, 429} and "block" in reason.lower():
            return read_only(self._settings, reason)
        return f"{self._settings.url} refused an entry: {reason}"
