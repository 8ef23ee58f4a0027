"""Creating accounts: what is made, what becomes of the agent, and what is refused."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry, User
from accounts.core.rules import RESERVED_ACCOUNT_IDS
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.logins.services.logins import login_create
from accounts.portal.registry import registry
from accounts.tree.services.accounts import account_create
from accounts.tree.services.ending import account_close
from tests.factories import PASSWORD, AccountFactory, ResellerTree
from tests.support.refusals import refused, snapshot
from tests.support.trees import assert_sound, outline

pytestmark = pytest.mark.django_db


def create(account_id: str = "New-One", **more: Any) -> Account:
    return account_create(actor=SYSTEM, account_id=account_id, name=more.pop("name", "New"), **more)


def test_a_top_level_account_has_the_defaults_of_the_rules() -> None:
    account = create("BD-Wholesale-AcmeTel")
    account.refresh_from_db()
    assert account.parent is None
    assert account.level == 0
    assert account.type == "general"
    assert account.status == "active"
    assert account.ctd_billing_model == "standard"
    assert account.time_zone == "UTC"
    assert account.valid_until is None
    assert account.version == 1
    assert not account.is_agent
    assert account.category == "Account"
    assert account.detail.codecs == []
    assert_sound()


def test_everything_given_is_stored() -> None:
    until = datetime(2031, 5, 6, 7, 8, tzinfo=UTC)
    detail = {
        "company": "Acme",
        "contact_person": "A. Person",
        "email": "a@example.com",
        "phone": "+880 17",
        "address": "Street 1\nDhaka",
        "memo": "says <b>nothing</b>",
        "codecs": ["G.729", "Opus"],
    }
    account = create(
        type="phone_card",
        valid_until=until,
        ctd_billing_model="flow",
        time_zone="Asia/Dhaka",
        detail=detail,
    )
    account = Account.objects.select_related("detail").get(pk=account.pk)
    assert (account.type, account.ctd_billing_model) == ("phone_card", "flow")
    assert account.valid_until == until
    assert account.time_zone == "Asia/Dhaka"
    assert {key: getattr(account.detail, key) for key in detail} == detail


def test_the_first_sub_account_makes_an_agent_of_its_agent() -> None:
    agent = AccountFactory(account_id="Agent", time_zone="Asia/Dhaka")
    assert agent.category == "Account"
    child = create("Child", parent=agent)
    agent.refresh_from_db()
    assert agent.is_agent
    assert agent.category == "Agent"
    assert agent.sub_account_count == 1
    assert child.time_zone == "Asia/Dhaka"
    assert outline() == ["Agent", "  Child"]
    assert_sound()


def test_creating_below_a_stale_instance_reads_the_agent_again() -> None:
    agent = AccountFactory(account_id="Agent")
    for name in ("a", "b", "c"):
        create(name, parent=agent)
        create(f"{name}{name}", parent=Account.objects.get(account_id=name))
    assert outline() == ["Agent", "  a", "    aa", "  b", "    bb", "  c", "    cc"]
    assert_sound()


def test_spaces_around_the_id_and_the_name_do_not_count() -> None:
    account = create("  Spaced\n", name="  A name  ")
    assert (account.account_id, account.name) == ("Spaced", "A name")


@pytest.mark.parametrize("account_id", ["a", "A" * 32, "0", "a.b-c_d", "9-Numbers"])
def test_ids_that_are_permitted(account_id: str) -> None:
    assert create(account_id).account_id == account_id


@pytest.mark.parametrize(
    "account_id",
    [
        "", " ", "A" * 33, "-a", ".a", "_a", "a b", "a/b", "ä", "a\nb", "a\x00b", "ä\u200b", "٣٣",
        "<b>", "a?b", "a#b", "a%b", "..", "\u0131d",
    ],
)  # fmt: skip
def test_ids_that_are_none(account_id: str) -> None:
    with refused("account_id", Refused, field="account_id"):
        create(account_id)


@pytest.mark.parametrize("account_id", sorted(RESERVED_ACCOUNT_IDS)[:4] + ["NEW", "Search", "Api"])
def test_a_reserved_id_is_not_available(account_id: str) -> None:
    with refused("not_available", Refused, field="account_id"):
        create(account_id)


@pytest.mark.parametrize("account_id", ["Taken", "TAKEN", "taken"])
def test_an_id_taken_in_any_case_is_not_available_in_the_words_of_a_reserved_one(
    account_id: str,
) -> None:
    create("Taken")
    with refused("not_available", Refused, field="account_id") as taken:
        create(account_id)
    with refused("not_available", Refused, field="account_id") as reserved:
        create("new")
    assert str(taken.value.message) == f"{account_id} is not available."
    assert str(reserved.value.message) == "new is not available."


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name_required"),
        ("  \t ", "name_required"),
        ("x" * 101, "too_long"),
        ("two\nlines", "control_characters"),
        ("a\x00b", "control_characters"),
        ("a\x1b[31m", "control_characters"),
        ("\u200b\u3164\u00ad", "name_required"),
    ],
)
def test_names_that_are_refused(name: str, code: str) -> None:
    with refused(code, Refused, field="name"):
        create(name=name)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "বাংলা", "O'Neil & Söhne", "x" * 100])
def test_names_are_kept_as_they_are(name: str) -> None:
    assert create(name=name).name == name


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"type": "nonsense"}, "unknown_choice", "type"),
        ({"ctd_billing_model": "nonsense"}, "unknown_choice", "ctd_billing_model"),
        ({"time_zone": "Mars/Base"}, "unknown_time_zone", "time_zone"),
        ({"time_zone": "../etc/passwd"}, "unknown_time_zone", "time_zone"),
        ({"valid_until": datetime(2030, 1, 1)}, "naive_time", "valid_until"),
        ({"valid_until": datetime.max.replace(tzinfo=UTC)}, "range", "valid_until"),
        ({"valid_until": datetime.min.replace(tzinfo=UTC)}, "range", "valid_until"),
        ({"name": "a\ud800b"}, "control_characters", "name"),
        ({"detail": {"memo": "a\ud800b"}}, "control_characters", "memo"),
        ({"detail": {"email": "no mail"}}, "email", "email"),
        ({"detail": {"codecs": ["G.729", "MP3"]}}, "codec", "codecs"),
        ({"detail": {"memo": "x" * 1001}}, "too_long", "memo"),
        ({"detail": {"memo": "a\x00b"}}, "control_characters", "memo"),
        ({"detail": {"company": "a\nb"}}, "control_characters", "company"),
    ],
)
def test_values_that_are_refused(more: dict[str, Any], code: str, field: str) -> None:
    with refused(code, Refused, field=field):
        create(**more)


def test_a_detail_that_does_not_exist_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError):
        create(detail={"balance": "100"})


@pytest.mark.parametrize("kind", ["phone_card", "clearing"])
def test_only_general_accounts_may_have_sub_accounts(kind: str) -> None:
    agent = AccountFactory(type=kind)
    with refused("agent_not_general", Refused, field="parent"):
        create(parent=agent)


def test_a_closed_account_takes_no_sub_accounts() -> None:
    agent = AccountFactory(status="closed")
    with refused("agent_closed", Refused, field="parent"):
        create(parent=agent)


def test_an_agent_that_was_deleted_meanwhile_does_not_exist() -> None:
    agent = AccountFactory()
    stale = Account(pk=agent.pk + 1000)
    with refused("not_in_scope", NotInScope):
        create(parent=stale)


def test_depth_is_permitted_up_to_the_limit(settings: Any) -> None:
    settings.MAX_AGENT_DEPTH = 3
    agent: Account | None = None
    for level in range(4):
        agent = create(f"Level-{level}", parent=agent)
    assert agent is not None
    assert agent.level == 3
    with refused("too_deep", Refused, field="parent"):
        create("Level-4", parent=agent)


def test_the_default_limit_is_eight_agents_above(settings: Any) -> None:
    assert settings.MAX_AGENT_DEPTH == 8


def test_the_audit_log_says_who_made_what_where(administrator: User) -> None:
    agent = AccountFactory(account_id="Agent")
    account_create(
        actor=actor_for(administrator),
        account_id="Child",
        name="A child",
        parent=agent,
        detail={"memo": "m"},
    )
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.action, entry.account) == (
        administrator.username,
        "account.create",
        "Child",
    )
    assert entry.account_pk == Account.objects.get(account_id="Child").pk
    assert entry.after["agent"] == "Agent"
    assert entry.after["name"] == "A child"
    assert entry.after["memo"] == "m"
    assert entry.before == {}


def test_the_first_login_is_made_together_with_the_account_or_neither_is() -> None:
    def first_login(username: str) -> Any:
        return lambda account: login_create(
            actor=SYSTEM, account=account, username=username, password=PASSWORD, by_mail=False
        )

    account = create("With-Login", with_new=first_login("first"))
    assert [one.username for one in account.logins.all()] == ["first"]
    before = snapshot()
    with pytest.raises(Refused) as caught:
        create("Another", with_new=first_login("FIRST"))
    assert caught.value.field == "username"
    assert snapshot() == before


def test_other_apps_hear_of_a_new_account_inside_its_transaction() -> None:
    heard: list[Account] = []

    def fail(_actor: Any, accounts: Sequence[Account]) -> None:
        heard.extend(accounts)
        if accounts[0].account_id == "Bad":
            raise Refused("No wallet.", code="no_wallet")

    registry.on_create.append(fail)
    try:
        account = create("Good")
        with refused("no_wallet", Refused):
            create("Bad")
    finally:
        registry.on_create.remove(fail)
    assert heard[0] == account
    assert not Account.objects.called("Bad").exists()


def test_agents_and_customers_create_nothing_while_there_are_no_authorizations(
    reseller_tree: ResellerTree, agent_login: Any
) -> None:
    actor = actor_for(agent_login(reseller_tree.agent))
    with refused("not_authorized", NotAllowed):
        account_create(actor=actor, account_id="X", name="X", parent=reseller_tree.agent)
    with refused("not_authorized", NotAllowed):
        account_create(actor=actor, account_id="X", name="X", parent=None)
    with refused("not_in_scope", NotInScope):
        account_create(actor=actor, account_id="X", name="X", parent=reseller_tree.sibling)


def test_an_operator_and_a_disabled_administrator_create_nothing(
    operator: User, administrator: User
) -> None:
    with refused("not_authorized", NotAllowed):
        account_create(actor=actor_for(operator), account_id="X", name="X")
    actor = actor_for(administrator)
    User.objects.filter(pk=administrator.pk).update(is_active=False)
    # The actor was read before: the service trusts no answer of the page.
    with refused("not_authorized", NotAllowed):
        account_create(actor=actor, account_id="X", name="X")


def test_an_account_whose_time_is_over_is_made_expired() -> None:
    account = create(valid_until=timezone.now() - timedelta(days=1))
    assert account.is_expired
    assert account.is_stopped


def test_closing_then_creating_below_is_refused_even_with_an_old_instance() -> None:
    agent = AccountFactory()
    stale = Account.objects.get(pk=agent.pk)
    account_close(actor=SYSTEM, account=agent, reason="gone")
    with refused("agent_closed", Refused, field="parent"):
        create(parent=stale)


def test_a_command_takes_over_an_account_of_an_earlier_time(administrator: User) -> None:
    earlier = timezone.now() - timedelta(days=70)
    account = create(created_at=earlier)
    assert Account.objects.get(pk=account.pk).created_at == earlier
    assert AuditEntry.objects.get(action="account.create").at == earlier
    with refused("created_earlier", NotAllowed):
        account_create(
            actor=actor_for(administrator), account_id="Other", name="x", created_at=earlier
        )
