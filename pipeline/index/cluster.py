"""The connection to an Elasticsearch cluster, and what its errors mean."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import elastic_transport
import elasticsearch
from elasticsearch import Elasticsearch

from models.errors import IndexUnusableError
from models.settings import IndexSettings
from pipeline.logs import described

_RETRIES = 2
# Errors that end by themselves: too many requests, or a node that has not started yet.
_TEMPORARY = (429, 502, 503, 504)
# They log each request that is sent again. Without a log file this must not be printed.
for _name in ("elastic_transport", "elasticsearch"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
_LOG = logging.getLogger(__name__)


class Cluster(Elasticsearch):
    """A client that distinguishes the answers of a cluster from those of a proxy in front of it, each time.

    The library looks for the header only in the first answer; a proxy's page would count as hits, or its 404 as a
    missing index.
    """

    def perform_request(self, *request: Any, **options: Any) -> Any:  # noqa: ANN401  # as the library's
        """Send a request, and return the cluster's answer."""
        asked = options.get("endpoint_id")
        try:
            answer = super().perform_request(*request, **options)
        except elasticsearch.NotFoundError as error:
            _LOG.debug("the cluster has nothing for %s", asked)
            _check_origin(error.meta)
            raise
        except (elasticsearch.ApiError, elastic_transport.TransportError) as error:
            _LOG.warning("the cluster did not do %s: %s", asked, described(error))
            raise
        _check_origin(answer.meta)
        _LOG.debug("the cluster did %s in %.3f s, status %d", asked, answer.meta.duration, answer.meta.status)
        return answer


def _check_origin(answered: elastic_transport.ApiResponseMeta) -> None:
    if answered.headers.get("x-elastic-product") != "Elasticsearch":
        raise elasticsearch.UnsupportedProductError(f"status {answered.status}", meta=answered, body=None)


def connect(settings: IndexSettings) -> Elasticsearch:
    """Return a client for the cluster; nothing is sent yet.

    Raises:
        IndexUnusableError: a file that the settings name cannot be read.
    """
    options: dict[str, Any] = {}
    key = _secret(settings.api_key.get_secret_value(), settings.api_key_file)
    password = _secret(settings.password.get_secret_value(), settings.password_file)
    if key:
        options["api_key"] = key
    elif settings.user:
        options["basic_auth"] = (settings.user, password)
    if settings.ca_file:
        if not Path(settings.ca_file).is_file():
            raise IndexUnusableError(f"{settings.ca_file} is not there: correct index.ca_file.")
        options["ca_certs"] = settings.ca_file
    try:
        return Cluster(
            settings.url,
            request_timeout=settings.seconds,
            max_retries=_RETRIES,
            retry_on_timeout=True,
            retry_on_status=_TEMPORARY,
            **options,
        )
    except (ValueError, OSError) as error:
        raise IndexUnusableError(f"index.url or index.ca_file cannot be used: {error}.") from None


@contextmanager
def border(settings: IndexSettings) -> Iterator[None]:
    """Turn each error of the cluster into a sentence that says what it means and what to do.

    The errors are not chained, because they contain what was sent.
    """
    try:
        with warnings.catch_warnings():
            # A server without security sends a warning with every answer.
            warnings.simplefilter("ignore", elasticsearch.ElasticsearchWarning)
            yield
    except elasticsearch.AuthenticationException:
        raise IndexUnusableError(
            f"{settings.url} refuses the API key, or the user and password. Correct them in the settings [index]."
        ) from None
    except elasticsearch.AuthorizationException as error:
        # An index that is read-only gives this error, too: Elasticsearch sets this when its disk is full.
        raise IndexUnusableError(_forbidden(settings, error)) from None
    except elasticsearch.UnsupportedProductError as error:
        raise IndexUnusableError(
            f"The server at {settings.url} is not Elasticsearch (status {error.meta.status}). Correct index.url, or "
            "the proxy in front of the cluster."
        ) from None
    except elastic_transport.TlsError as error:
        raise IndexUnusableError(
            f"The certificate of {settings.url} cannot be trusted ({error.message}). Set index.ca_file."
        ) from None
    except elastic_transport.ConnectionTimeout:
        raise IndexUnusableError(
            f"{settings.url} did not answer within {settings.seconds} s. Check the cluster's health, or raise "
            "index.seconds."
        ) from None
    except elastic_transport.SerializationError:
        raise IndexUnusableError(
            f"{settings.url} gave an answer that cannot be read: perhaps a proxy cut it off. "
            "Try again, or check the proxy."
        ) from None
    except elastic_transport.TransportError as error:
        raise IndexUnusableError(f"{settings.url} cannot be reached ({_kind(error)}). Is the cluster up?") from None
    except elasticsearch.ApiError as error:
        if error.meta.status in _TEMPORARY:
            raise IndexUnusableError(
                f"{settings.url} is not ready for that now: {_reason(error)}. Check the cluster's health."
            ) from None
        raise IndexUnusableError(f"{settings.url} refused: {_reason(error)}") from None


def _forbidden(settings: IndexSettings, error: elasticsearch.ApiError) -> str:
    reason = _reason(error)
    if "block" in reason.lower():
        return read_only(settings, reason)
    return f"At {settings.url} this user may not do that: {reason}"


def read_only(settings: IndexSettings, reason: str) -> str:
    """Return what to do if a cluster accepts no changes."""
    return (
        f"The index {settings.name} at {settings.url} accepts no changes ({reason}). Its disk may be full: free some "
        "space, remove the block, then run `bannasar index sync`."
    )


def _reason(error: elasticsearch.ApiError) -> str:
    """Return the reason of an error, without what was sent."""
    body = error.body if isinstance(error.body, dict) else {}
    cause = body.get("error", {})
    if isinstance(cause, dict) and cause.get("reason"):
        return f"{cause['reason']} ({error.meta.status})"
    return f"status {error.meta.status}"


def _kind(error: elastic_transport.TransportError) -> str:
    return {"ConnectionError": "no connection"}.get(type(error).__name__, type(error).__name__)


def _secret(value: str, file: str) -> str:
    if value or not file:
        return value
    try:
        return Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise IndexUnusableError(f"{file} cannot be read: {error.strerror}.") from None
