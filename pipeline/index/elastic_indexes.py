"""The indexes of an archive on a cluster: the one that the alias points to, and one that a rebuild fills."""

import re
from datetime import UTC, datetime
from typing import Any

from elasticsearch import ApiError, BadRequestError, Elasticsearch, TransportError

from pipeline.index import dsl


class Indexes:
    """The indexes with an alias's name, a version and a time, such as ``NAME-v7-20260131120000000000``."""

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        """Set the cluster and the alias; nothing is sent yet."""
        self._client = client
        self._alias = alias
        self._ours = re.compile(rf"{re.escape(alias)}-v\d+-\d{{20}}")

    def make(self) -> str:
        """Make an index that the alias does not point to, and return its name."""
        index = f"{self._alias}-v{dsl.VERSION}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        try:
            self._client.indices.create(index=index, mappings=dsl.MAPPING, settings=dsl.SHARDS)
        except BadRequestError as error:
            # Nobody else makes one with this name: the request was repeated because the first answer was too slow.
            if error.error != "resource_already_exists_exception":
                raise
        return index

    def use(self, index: str) -> None:
        """Point the alias to an index; in the same step delete its old index and incomplete ones.

        If that fails, the index stays: searches may already use it. If not, the next one deletes it.
        """
        actions: list[dict[str, Any]] = [{"remove_index": {"index": name}} for name in self._all() if name != index]
        actions.append({"add": {"index": index, "alias": self._alias}})
        try:
            self._client.indices.update_aliases(actions=actions)
        except (ApiError, TransportError):
            # The request was repeated because the answer was late: the cluster has done it and finds nothing to remove.
            if not self._client.indices.exists_alias(index=index, name=self._alias):
                raise

    def begun(self) -> str | None:
        """Return the index that a rebuild has begun to fill; None if there is none of this version."""
        ours = f"{self._alias}-v{dsl.VERSION}-"
        known = max((name for name in self._unused() if name.startswith(ours)), default=None)
        # A cluster may make an index by itself if something is sent late to one that was deleted.
        return known if known and self.versions(known) == {dsl.VERSION} else None

    def remove_begun(self) -> None:
        """Delete what rebuilds that were stopped have left."""
        for name in self._unused():
            # The alias may just have come to it: a late answer to :meth:`use`.
            if not self._client.indices.exists_alias(index=name, name=self._alias):
                self.delete(name)

    def versions(self, index: str) -> set[int | None]:
        """Return the versions in the mappings of an index, or of those that an alias points to."""
        found = self._client.indices.get_mapping(index=index).body
        return {one["mappings"].get("_meta", {}).get("bannasar") for one in found.values()}

    def delete(self, index: str) -> None:
        """Delete an index, if it is there."""
        self._client.options(ignore_status=404).indices.delete(index=index)

    def _unused(self) -> list[str]:
        """Return the indexes that no alias points to."""
        return [name for name, is_used in self._all().items() if not is_used]

    def _all(self) -> dict[str, bool]:
        """Return the names of the indexes, and whether an alias points to each."""
        there = self._client.indices.get(index=f"{self._alias}-v*", features="aliases").body
        return {name: bool(one["aliases"]) for name, one in there.items() if self._ours.fullmatch(name)}
