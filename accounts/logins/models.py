"""An administrator looking at the portal as an agent's login does (docs/domain.md 2).

Written by `accounts.logins.services.view_as` only.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from accounts.core.models.user import User


class ViewAs(models.Model):
    """One period of looking: who, as whom, why, until when. It never changes anything."""

    viewer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="views_as")
    login = models.ForeignKey(User, on_delete=models.CASCADE, related_name="viewed_as")
    # Keys from the root to the login's account at the start: a move ends the view.
    chain: Any = models.JSONField(default=list)
    reason = models.CharField(max_length=500)
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["viewer", "-id"], name="view_as_by_viewer")]

    def __str__(self) -> str:
        return f"{self.viewer_id} as {self.login_id}"
