"""What is kept of logins: an administrator looking at the portal as an agent's login does
(docs/domain.md 2), and the views of lists that people save for themselves.

Written by `accounts.logins.services.view_as` and `saved_views` only.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.core.models.user import User
from accounts.kit.object_keys import Keyed


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


class SavedView(Keyed, models.Model):
    """A list as a person wants to find it again: what its address asked for, under a name. It is
    its login's alone, and for every account whose list it is.
    """

    key_kind = "view"

    login = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    # The name of the list (`DeclaredList.what`).
    of_list = models.CharField(max_length=32)
    name = models.CharField(max_length=40)
    # Parameters of the address by name: checked by the list when the view is opened, not before.
    asks: Any = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint("login", "of_list", Lower("name"), name="saved_view_name")
        ]

    def __str__(self) -> str:
        return self.name
