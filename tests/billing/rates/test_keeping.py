"""Who may write to a rate group: its owner where it holds authorization 1, and administrators
(docs/domain.md 7).
"""

from decimal import Decimal

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, GrantUse
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from billing.rates.drafts import MarkUp, RateDraft
from billing.rates.services.copying import group_copy
from billing.rates.services.groups import group_change, group_create
from billing.rates.services.many import Deed, many_preview
from billing.rates.services.rates import rate_add
from billing.wallets.models import RateGroup
from tests.billing.rates.conftest import Business
from tests.factories import AccountFactory, StaffFactory, UserFactory
from tests.factories.rates import rate, rate_group
from tests.support.sabotage import plant

pytestmark = pytest.mark.django_db
DRAFT = RateDraft("880", Decimal("0.02"))


def test_staff_that_are_no_administrators_make_no_group_of_the_platform(db: None) -> None:
    with pytest.raises(NotAllowed):
        group_create(actor=actor_for(StaffFactory()), name="New")
    assert not RateGroup.objects.exists()


@pytest.mark.parametrize("whose", ["top", "customer"])
def test_an_agent_makes_groups_of_its_own_account_alone(business: Business, whose: str) -> None:
    with pytest.raises(NotInScope):
        group_create(actor=business.actor, name="New", owner=getattr(business, whose))
    assert not RateGroup.objects.filter(name="New").exists()


def test_who_holds_no_authorization_1_writes_to_no_group_of_its_own(business: Business) -> None:
    login = UserFactory(account=business.customer)
    group = rate_group(business.customer, "Own")
    with pytest.raises(NotAllowed):
        rate_add(actor=actor_for(login), group=group, draft=DRAFT)
    with pytest.raises(NotAllowed):
        group_create(actor=actor_for(login), name="New")


def test_a_preview_is_no_use_of_the_authorization_and_a_deed_is(business: Business) -> None:
    one = rate(business.group, "880", "0.01")
    deed = Deed(is_locked=True)
    many_preview(actor=business.actor, group=business.group, rates=[one.pk], deed=deed)
    assert not GrantUse.objects.exists()
    rate_add(actor=business.actor, group=business.group, draft=RateDraft("91", Decimal("0.02")))
    (use,) = GrantUse.objects.all()
    assert (use.account, use.code) == (business.agent, Authorization.MANAGE_ACCOUNT)


def test_a_preview_of_a_foreign_group_is_refused(business: Business) -> None:
    shared = rate_group(business.top, "Wholesale", is_shared=True)
    one = rate(shared, "880", "0.01")
    with pytest.raises(NotInScope):
        many_preview(actor=business.actor, group=shared, rates=[one.pk], deed=Deed(is_locked=True))


def test_no_group_is_made_for_an_account_that_sells_nothing(db: None) -> None:
    carrier = AccountFactory(type=Account.Type.CLEARING)
    with pytest.raises(Refused) as refused:
        group_create(actor=SYSTEM, name="New", owner=carrier)
    assert refused.value.code == "agent_not_general"
    closed = AccountFactory()
    plant(closed, status="closed")
    with pytest.raises(Refused):
        group_create(actor=SYSTEM, name="New", owner=closed)


def test_a_shared_group_is_copied_by_who_may_make_groups(business: Business) -> None:
    shared = rate_group(None, "World", is_shared=True)
    with pytest.raises(NotAllowed):
        group_copy(
            actor=actor_for(UserFactory(account=business.customer)),
            group=shared,
            name="Mine",
            mark_up=MarkUp(),
        )


def test_what_somebody_else_changed_meanwhile_is_a_clash(business: Business) -> None:
    rate(business.group, "880", "0.01")
    with pytest.raises(Clash):
        group_change(
            actor=business.actor,
            group=business.group,
            expected_version=1,
            name="Other",
            time_zone="UTC",
            is_shared=False,
        )
    business.group.refresh_from_db()
    assert (business.group.name, business.group.version) == ("Retail", 2)
