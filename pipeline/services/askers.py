"""Askers, their roles, and the deeds that the audit log records, for the callers of services.

The callers of services may import from no other room of the pipeline, so what they need of one is named here.
"""

from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.roles import Action, Role

__all__ = ["Action", "Asker", "Deed", "Role"]
