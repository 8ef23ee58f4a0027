"""The logo of an account's letterhead, which the accounts below see on their documents
(docs/domain.md 2). Company and contact beside it are saved with the account.
"""

import hashlib

from accounts.core.actor import Actor, require
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, Logo
from accounts.core.reach import refuse_closed
from accounts.core.record import record
from accounts.kit.pictures import small_png


def logo_set(*, actor: Actor, account: Account, picture: bytes | None) -> Account:
    """Keep this picture (PNG, JPEG or WebP; None: none) as the account's logo and return the fresh
    account. It is made as small as it is printed.

    Raises Refused (field `logo`), NotInScope, NotAllowed, Busy.
    """
    image = None if picture is None else small_png(picture, field="logo")

    def work(fresh: dict[int, Account]) -> Account:
        nonlocal actor
        of = fresh[account.pk]
        actor = require(actor, Authorization.MANAGE_ACCOUNT, of)
        refuse_closed(of)
        former = Logo.objects.filter(account=of).values_list("digest", flat=True).first() or ""
        digest = hashlib.sha256(image).hexdigest()[:16] if image else ""
        if digest == former:
            return of
        if image:
            Logo.objects.update_or_create(account=of, defaults={"image": image, "digest": digest})
        else:
            Logo.objects.filter(account=of).delete()
        record(
            actor=actor,
            action="account.logo",
            account=of,
            before={"logo": former or None},
            after={"logo": digest or None},
        )
        return of

    return in_locked_trees(work, touching=[account.pk])
