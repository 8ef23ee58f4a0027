"""Whatever is refused is recorded: who tried what, once, and without harm to the refusal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import transaction

from accounts.core.actor import Actor, Kind, actor_for
from accounts.core.models import AuditEntry
from accounts.core.record import record
from accounts.core.refusals import refusal_recorded
from accounts.kit.caches import DatabaseCache
from accounts.kit.outage import Away
from tests.factories import grant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]


def recorded() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(is_refused=True).order_by("pk"))


def test_a_deed_without_authorization_is_recorded_at_its_account(reseller_tree, agent) -> None:
    answer = agent.post(f"/accounts/{reseller_tree.customer.account_id}/lock/", {"reason": "x"})
    assert answer.status_code == 403
    (entry,) = recorded()
    assert entry.action == "refused.page"
    assert (entry.actor, entry.actor_account_pk) == ("dhaka.desk", reseller_tree.agent.pk)
    assert (entry.account_pk, entry.account) == (
        reseller_tree.customer.pk, reseller_tree.customer.account_id,
    )  # fmt: skip
    assert entry.subject == f"/accounts/{reseller_tree.customer.account_id}/lock/"
    assert entry.after["authorization"] == "manage_account"
    assert entry.after["method"] == "POST"
    assert entry.address
    assert entry.request_id


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_out_of_scope_is_recorded_at_the_actors_own_account(
    reseller_tree, agent, method
) -> None:
    path = f"/accounts/{reseller_tree.other_customer.account_id}/edit/"
    assert getattr(agent, method)(path).status_code == 404
    (entry,) = recorded()
    assert entry.action == "refused.address"
    assert entry.account_pk == reseller_tree.agent.pk
    assert entry.subject == path


def test_foreign_and_unknown_leave_the_same_entry(reseller_tree, agent) -> None:
    agent.get(f"/accounts/{reseller_tree.other_customer.account_id}/")
    agent.get("/accounts/Nobody-At-All/")
    foreign, unknown = recorded()
    assert foreign.after == unknown.after
    assert foreign.account_pk == unknown.account_pk


def test_the_same_attempt_is_written_once_a_minute(reseller_tree, agent) -> None:
    for _ in range(3):
        agent.get("/accounts/Nobody-At-All/")
    assert len(recorded()) == 1
    agent.post("/accounts/Nobody-At-All/edit/")
    assert len(recorded()) == 2


@pytest.mark.wide
def test_whoever_tries_thousands_of_addresses_fills_no_log(
    reseller_tree, agent, time_machine
) -> None:
    for minute in (1, 2):
        time_machine.move_to(datetime.now(UTC).replace(second=0) + timedelta(minutes=minute))
        for n in range(45):
            assert agent.get(f"/accounts/Nobody-{minute}-{n}/").status_code == 404
        assert len(recorded()) == 30 * minute


@pytest.mark.parametrize(
    "path", ["/accounts/Nobody/menu/", "/tree/branch/Nobody/", "/accounts/picker/?for=move"]
)
def test_parts_of_pages_and_polls_are_not_recorded(agent, path) -> None:
    agent.get(path)
    assert recorded() == []


def test_a_page_for_somebody_else_is_recorded(operator, client_of) -> None:
    assert client_of(operator).get("/accounts/").status_code == 403
    (entry,) = recorded()
    assert (entry.actor, entry.account, entry.after["code"]) == (operator.username, "", "audience")


def test_a_refusal_of_the_form_itself_is_everyday(reseller_tree, agent) -> None:
    grant(reseller_tree.agent)
    before = len(recorded())
    answer = agent.post(f"/accounts/{reseller_tree.customer.account_id}/edit/", {"name": ""})
    assert answer.status_code == 422
    assert len(recorded()) == before


def test_strange_addresses_are_recorded_as_far_as_they_fit(agent) -> None:
    assert agent.get("/accounts/" + "x" * 400 + "/").status_code == 404
    assert agent.get("/accounts/a%00b%3Cscript%3E/").status_code == 404
    assert [len(one.subject) <= 150 for one in recorded()] == [True, True]


def test_the_refusal_reaches_the_person_when_it_cannot_be_recorded(agent, monkeypatch) -> None:
    def fail(*args, **kwargs):
        raise RuntimeError("no cache")

    monkeypatch.setattr(cache, "add", fail)
    assert agent.get("/accounts/Nobody-At-All/").status_code == 404


def test_what_an_operator_may_not_open_in_the_admin_is_recorded(operator, client_of) -> None:
    assert client_of(operator).get("/admin/accounts/user/add/").status_code == 403
    (entry,) = recorded()
    assert (entry.actor, entry.subject) == (operator.username, "/admin/accounts/user/add/")
    assert entry.after["code"] == "permission_denied"


def test_who_looks_as_somebody_else_is_named_first(
    reseller_tree, agent_login, administrator
) -> None:
    login = agent_login(reseller_tree.agent)
    seen = actor_for(login)
    looking = Actor(
        Kind.ACCOUNT, seen.user, seen.chain, read_only=True, grants=seen.grants,
        viewer=administrator,
    )  # fmt: skip
    with transaction.atomic():
        entry = record(actor=looking, action="view_as.start", account=seen.own)
    assert (entry.actor, entry.on_behalf_of) == (administrator.username, login.username)
    assert entry.actor_account_pk is None
    assert entry.account_pk == reseller_tree.agent.pk


def test_what_somebody_looks_at_for_a_login_hides_nothing_of_its_own(
    reseller_tree, agent_login, administrator
) -> None:
    own = actor_for(agent_login(reseller_tree.agent))
    for actor in (replace(own, read_only=True, viewer=administrator), own):
        for _ in range(2):
            refusal_recorded(actor=actor, method="GET", path="/x/", code="not_in_scope")
    assert [one.actor for one in recorded()] == [administrator.username, own.login]


def test_a_cache_that_is_away_keeps_no_refusal_back_and_is_said_once(
    reseller_tree, agent, monkeypatch, caplog
) -> None:
    def away(*_args: object, **_more: object) -> None:
        raise Away("cache", "refused")

    monkeypatch.setattr(DatabaseCache, "add", away)
    assert agent.get("/accounts/Nobody-At-All/").status_code == 404
    assert recorded() == []
    (line,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert "refusal not recorded" in str(line.msg)
    assert not line.exc_info
