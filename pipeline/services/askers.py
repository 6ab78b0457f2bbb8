"""Askers, their roles, and the deeds that the audit log records, for the callers of services."""

from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.roles import Action, Role

__all__ = ["Action", "Asker", "Deed", "Role"]
