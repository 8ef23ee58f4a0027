"""The columns that hold what `accounts.kit.encryption` encrypted. Each app registers its own when
it is ready; `manage.py rotate_keys` keeps all of them with the newest key.
"""

from dataclasses import dataclass

from django.db import models


@dataclass(frozen=True)
class SecretColumn:
    """An encrypted column of a model, "" or null where there is no secret.

    `lookup` is the column of the keyed hash by which the secret is found, made with `purpose`.
    """

    model: type[models.Model]
    column: str
    lookup: str = ""
    purpose: str = ""

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.column}"


secret_columns: list[SecretColumn] = []
