"""Load the demo through the services, once; a second load finds everything and changes nothing."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AuditEntry, User
from accounts.core.record import record
from accounts.logins.services.logins import login_create
from accounts.logins.services.staff import staff_create
from accounts.mail.services.upkeep import mails_left_out
from accounts.tree.services.accounts import account_create, account_lock
from accounts.tree.services.ending import account_close
from billing.charging.services.volumes import months_closed, volumes_counted
from vosportal.demo.ages import made_at
from vosportal.demo.cards import sell_all
from vosportal.demo.gateways import connect_all
from vosportal.demo.grants import grant_all
from vosportal.demo.money import pay_all
from vosportal.demo.numbers import limit_all
from vosportal.demo.phones import install_all
from vosportal.demo.plan import PASSWORD, DemoAccount, everything
from vosportal.demo.rates import price_all
from vosportal.demo.requests import file_all
from vosportal.demo.switch import connect_switch

STAFF = "admin"
_LOADED = "demo.load"


def load(say: Callable[[str], None]) -> int:
    """Make the demo and return how many accounts were made; `say` hears of progress.

    An interrupted load goes on where it stopped. A finished one is never touched again, whatever
    became of its accounts.
    """
    if AuditEntry.objects.filter(action=_LOADED).exists():
        return 0
    if not User.objects.called(STAFF).exists():
        staff_create(
            actor=SYSTEM,
            username=STAFF,
            full_name="Alex Admin",
            email="admin@portal.example",
            administrator=True,
            operator=True,
            superuser=True,
            password=PASSWORD,
        )
    known = {one.account_id: one for one in Account.objects.all()}
    made = 0
    for plan in everything():
        if plan.account_id in known:
            continue
        known[plan.account_id] = _make(plan, known.get(plan.agent))
        made += 1
        if made % 50 == 0:
            say(f"  {made} accounts …")
    grant_all()
    limit_all()
    file_all()
    install_all()
    connect_all()
    say("  rates …")
    price_all()
    say("  payments and calls …")
    pay_all()
    months_closed()
    volumes_counted()
    connect_switch()
    say("  phone cards …")
    sell_all()
    mails_left_out("Nothing is mailed while the demo is loaded.")
    record(actor=SYSTEM, action=_LOADED, after={"accounts": made})
    return made


def _make(plan: DemoAccount, agent: Account | None) -> Account:
    def with_login(account: Account) -> None:
        if plan.login:
            login_create(
                actor=SYSTEM,
                account=account,
                username=plan.login,
                full_name=plan.person,
                email=f"{plan.login}@demo.example",
                time_zone=account.time_zone,
                password=PASSWORD,
            )

    account = account_create(
        actor=SYSTEM,
        account_id=plan.account_id,
        name=plan.name,
        parent=agent,
        type=plan.type,
        time_zone=plan.time_zone or None,
        ctd_billing_model=Account.BillingModel.FLOW if plan.flow else Account.BillingModel.STANDARD,
        valid_until=timezone.now() + timedelta(days=plan.expires_in) if plan.expires_in else None,
        detail=plan.detail,
        with_new=with_login,
        created_at=made_at(plan.account_id),
    )
    if plan.end == "locked":
        account_lock(actor=SYSTEM, account=account, reason="Invoice of last month is open")
    if plan.end == "closed":
        account_close(actor=SYSTEM, account=account, reason="The shop has closed")
    return account


def logins() -> list[tuple[str, str]]:
    """(user name, where it belongs) of every demo login, staff first."""
    found = [(STAFF, "administrator and operator of the platform")]
    return found + [(one.login, one.account_id) for one in everything() if one.login]
