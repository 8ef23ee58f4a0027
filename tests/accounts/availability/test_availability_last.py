"""Past the bound, that something is taken is told last: a deed that fails otherwise tells the same
of what others have and of what nobody has (docs/domain.md 2).
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.approvals.services.asking import request_create_filed
from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.availability import ACTION
from accounts.core.models import Account, AuditEntry, AvailabilityDay, User
from accounts.gateways.models import Gateway
from accounts.gateways.services.capacity import ceiling_set
from accounts.gateways.services.gateways import gateway_create, gateway_information_set
from accounts.kit.errors import DomainError
from accounts.logins.services.logins import login_create
from accounts.phones.models import Phone
from accounts.phones.services.many import PhonesRefused, phones_create, phones_preview
from accounts.phones.services.phones import phone_create
from accounts.tree.services.accounts import account_create
from accounts.tree.services.together import Together
from billing.cards.rules.batches import BatchDraft
from billing.cards.services.generation import batch_generate, batch_request
from tests.factories import GatewayFactory, ResellerTree, UserFactory, grant, phone
from tests.factories.fixtures import signed_in
from tests.support.pages import sent_by_form, text_of
from tests.support.probing import ONLY_A_NUMBER, named, taken_numbers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

MORE = f"More of what was asked for is not available. {ONLY_A_NUMBER}"
PASSWORD = "secretsecret1"


@pytest.fixture
def login(reseller_tree: ResellerTree) -> User:
    """Past the bound: twenty were named. Master-Agent-2 has one of everything."""
    tree = reseller_tree
    UserFactory(account=tree.other_customer, username="theirs", email="theirs@x.example")
    GatewayFactory(account=tree.other_top, name="theirs", addresses=["198.51.7.9"])
    GatewayFactory(
        account=tree.other_top, registration="dynamic", user_name="theirs-u", password=PASSWORD
    )
    phone(tree.customer, "7770001")
    grant(tree.agent)
    found = UserFactory(account=tree.agent, username="dhaka", email="dhaka@x.example")
    numbers = taken_numbers(tree, 23, begin=5550001)
    phones_preview(actor=actor_for(found), account=tree.customer, numbers="\n".join(numbers[:20]))
    assert named(tree.agent) == 20
    return found


@pytest.fixture
def actor(login: User) -> Actor:
    return actor_for(login)


@pytest.fixture
def agent(login: User) -> Client:
    return signed_in(login)


def answer_to(deed: Callable[..., Any], **values: Any) -> tuple[str, str, str | None]:
    with pytest.raises(DomainError) as caught:
        deed(**values)
    return str(caught.value.message), caught.value.code, caught.value.field


def answers_to(deed: Callable[..., Any], key: str, asked: list[str], /, **values: Any) -> Any:
    """The one answer to all of `asked`, what was typed left out. Nothing counts, and the log, which
    the account reads, says the same as well.
    """
    days = list(AvailabilityDay.objects.order_by("pk").values("named", "unnamed"))
    found = set()
    for one in asked:
        known = AuditEntry.objects.filter(action=ACTION).values_list("pk", flat=True)
        words, code, at = answer_to(deed, **values, **{key: one})
        new = AuditEntry.objects.filter(action=ACTION).exclude(pk__in=list(known))
        log = repr([entry.after for entry in new])
        found.add((words.replace(one, "ASKED"), code, at, log.replace(one, "ASKED")))
    assert list(AvailabilityDay.objects.order_by("pk").values("named", "unnamed")) == days
    assert len(found) == 1, found
    return found.pop()[:3]


class TestLogins:
    def test_beside_an_address_of_ones_own(self, actor: Actor, reseller_tree: ResellerTree) -> None:
        customer = reseller_tree.customer
        said = answers_to(
            login_create, "username", ["theirs", "nobodys"],
            actor=actor, account=customer, email="dhaka@x.example",
        )  # fmt: skip
        assert said == ("dhaka@x.example is not available.", "not_available", "email")
        said = answers_to(
            login_create, "email", ["theirs@x.example", "nobody@x.example"],
            actor=actor, account=customer, username="dhaka",
        )  # fmt: skip
        assert said == ("dhaka is not available.", "not_available", "username")

    def test_neither_which_nor_how_many(self, actor: Actor, reseller_tree: ResellerTree) -> None:
        """One that is known to be taken makes every deed fail."""
        told = set()
        for username, email in (
            ("theirs", "theirs@x.example"),
            ("theirs", "nobody@x.example"),
            ("nobodys", "theirs@x.example"),
        ):
            told.add(
                answer_to(
                    login_create,
                    actor=actor,
                    account=reseller_tree.customer,
                    username=username,
                    email=email,
                )  # fmt: skip
            )
            entry = AuditEntry.objects.filter(action=ACTION).latest("pk")
            assert entry.after["asked"] == [username, email]
            assert (entry.after["named"], entry.after["unnamed"]) == ([], 1)
        assert told == {(MORE, "not_available", None)}
        assert not User.objects.filter(username="nobodys").exists()


class TestAccounts:
    def test_emails_by_the_page_without_a_reason(
        self, agent: Client, reseller_tree: ResellerTree
    ) -> None:
        before = Account.objects.count()
        said = set()
        for email in ("theirs@x.example", "nobody@x.example"):
            sent = sent_by_form(agent.get("/accounts/new/"), "account_id")
            # Authorization 1 is a high risk, and there is no reason.
            sent |= {
                "account_id": "New-1", "name": "X", "login_username": "new-1", "type": "general",
                "ctd_billing_model": "standard", "login_email": email,
                "grant_manage_account": "on", "reason": "",
            }  # fmt: skip
            answer = agent.post("/accounts/new/", sent)
            assert answer.status_code == 422
            said.add(text_of(answer).replace(email, "ASKED"))
        assert Account.objects.count() == before
        assert len(said) == 1

    def test_ids_by_the_page_with_a_login_of_ones_own(
        self, agent: Client, reseller_tree: ResellerTree
    ) -> None:
        before = Account.objects.count()
        said = set()
        for account_id in ("Customer-201", "Customer-2019"):
            sent = sent_by_form(agent.get("/accounts/new/"), "account_id")
            sent |= {
                "account_id": account_id, "name": "X", "login_username": "dhaka",
                "type": "general", "ctd_billing_model": "standard",
            }  # fmt: skip
            answer = agent.post("/accounts/new/", sent)
            assert answer.status_code == 422
            said.add(text_of(answer).replace(account_id, "ASKED"))
        assert Account.objects.count() == before
        assert len(said) == 1

    def test_ids_beside_whatever_else_is_refused(
        self, actor: Actor, reseller_tree: ResellerTree
    ) -> None:
        ids = ["Customer-201", "search", "Customer-2019"]
        asked = {"actor": actor, "name": "x", "parent": reseller_tree.agent}
        said = answers_to(account_create, "account_id", ids, **asked, ctd_billing_model="none")
        assert said[1:] == ("unknown_choice", "ctd_billing_model")
        codes = frozenset({Authorization.MANAGE_ACCOUNT})
        together = Together(codes=codes, reason="")
        said = answers_to(
            account_create, "account_id", ids, **asked,
            with_new=lambda new: together.make(actor, new),
        )  # fmt: skip
        assert said[1:] == ("reason_required", "reason")

    def test_the_reserved_and_the_taken_with_a_login_are_told_as_one(
        self, actor: Actor, reseller_tree: ResellerTree
    ) -> None:
        together = Together(first_login={"username": "theirs"})
        told = {
            answer_to(
                account_create, actor=actor, account_id=one, name="x", parent=reseller_tree.agent,
                with_new=lambda new: together.make(actor, new),
            )
            for one in ("Customer-201", "search", "Customer-2019")
        }  # fmt: skip
        assert told == {(MORE, "not_available", None)}
        # Whoever has it has it still.
        assert Account.objects.filter(account_id="Customer-201").exists()
        assert User.objects.filter(username="theirs", email="theirs@x.example").exists()

    def test_ids_of_requests_with_an_address_of_ones_own(
        self, actor: Actor, reseller_tree: ResellerTree
    ) -> None:
        said = answers_to(
            request_create_filed, "account_id", ["Customer-201", "Customer-2019"],
            actor=actor, parent=reseller_tree.customer, name="x",
            first_login={"username": "new-1", "email": "dhaka@x.example"},
        )  # fmt: skip
        assert said == ("dhaka@x.example is not available.", "not_available", "login_email")


class TestPhones:
    def test_numbers_by_the_page_beside_a_did_of_ones_own(
        self, agent: Client, reseller_tree: ResellerTree
    ) -> None:
        path = "/accounts/Customer-001/phones/new/"
        before = Phone.objects.count()
        said = set()
        for number in ("5550022", "5559922"):
            sent = sent_by_form(agent.get(path), "numbers")
            sent |= {"numbers": number, "dids": "7770001"}
            answer = agent.post(path, sent)
            assert answer.status_code == 422
            said.add(text_of(answer).replace(number, "ASKED"))
        assert Phone.objects.count() == before
        assert len(said) == 1

    def test_neither_which_nor_how_many(self, actor: Actor, reseller_tree: ResellerTree) -> None:
        told = {
            answer_to(
                phone_create, actor=actor, account=reseller_tree.customer, number=number, dids=[did]
            )
            for number, did in (
                ("5550021", "5550022"), ("5550021", "5559922"), ("5559922", "5550022"),
            )
        }  # fmt: skip
        assert told == {(MORE, "not_available", None)}
        # Those that were named are named again, and nothing beside them.
        said = answers_to(
            phone_create, "number", ["5550022", "5559922"],
            actor=actor, account=reseller_tree.customer, dids=["5550001"],
        )  # fmt: skip
        assert said == ("5550001 is not available.", "not_available", "dids")

    @pytest.mark.parametrize("first", ["7770001", "5550021"], ids=["own", "known to be taken"])
    def test_a_list_that_fails_otherwise(
        self, actor: Actor, reseller_tree: ResellerTree, first: str
    ) -> None:
        told = set()
        for number in ("5550022", "5559922"):
            with pytest.raises(PhonesRefused) as caught:
                phones_create(
                    actor=actor, account=reseller_tree.customer, numbers=f"{first}\n{number}"
                )
            plan = caught.value.plan
            told.add((str(caught.value.message), plan.told.words, len(plan.wrong), len(plan.ready)))
        assert len(told) == 1


class TestGateways:
    def test_networks_by_the_page_beside_a_user_name_of_ones_own(
        self, agent: Client, reseller_tree: ResellerTree
    ) -> None:
        for at in range(2):
            GatewayFactory(
                account=reseller_tree.agent, name=f"own-{at}", registration="dynamic",
                user_name=f"u-{at}", password=PASSWORD,
            )  # fmt: skip
        said = set()
        for network in ("198.51.7.0/24", "198.51.8.0/24"):
            sent = sent_by_form(agent.get("/gateways/own-0/information/"), "version")
            sent |= {
                "protocol": "sip", "registration": "dynamic", "user_name": "u-1",
                "addresses": network, "password": "", "confirmed": "1", "reason": "x",
            }  # fmt: skip
            sent.pop("is_locked", None)
            answer = agent.post("/gateways/own-0/information/", sent)
            said.add(text_of(answer).replace(network, "ASKED"))
        assert len(said) == 1
        assert "u-1 is not available." in said.pop()

    def test_names_beside_whatever_else_is_refused(
        self, actor: Actor, reseller_tree: ResellerTree
    ) -> None:
        asked = {"actor": actor, "account": reseller_tree.customer}
        names = ["theirs", "nobodys"]
        said = answers_to(gateway_create, "name", names, **asked, information={"is_locked": False})
        assert said[1:] == ("address_required", "addresses")
        before = Gateway.objects.count()
        assert before == 2
        grant(reseller_tree.top)
        top = actor_for(UserFactory(account=reseller_tree.top))
        ceiling_set(actor=top, account=reseller_tree.agent, calls=5)
        said = answers_to(gateway_create, "name", names, **asked, capacity=6)
        assert said[1:] == ("over_ceiling", "capacity")
        assert Gateway.objects.count() == before

    def test_user_names_and_networks_beside_each_other(
        self, actor: Actor, reseller_tree: ResellerTree
    ) -> None:
        own = GatewayFactory(account=reseller_tree.agent, name="own")
        information = {
            "is_locked": False, "registration": "dynamic", "password": PASSWORD,
        }  # fmt: skip
        told = {
            answer_to(
                gateway_information_set, actor=actor, gateway=own, reason="x",
                information={**information, "user_name": user_name, "addresses": networks},
            )
            for user_name, networks in (
                ("theirs-u", ["198.51.7.0/24"]),
                ("theirs-u", ["198.51.8.0/24"]),
                ("nobodys-u", ["198.51.7.0/24"]),
            )
        }  # fmt: skip
        assert told == {(MORE, "not_available", None)}


class TestSerials:
    def test_by_a_form_that_was_sent_before(
        self, actor: Actor, reseller_tree: ResellerTree
    ) -> None:
        def draft(serial: str) -> BatchDraft:
            return BatchDraft(name="x", count=10, face_value=Decimal(1), first_serial=serial)

        batch_generate(actor=SYSTEM, account=reseller_tree.other_top, draft=draft("TH0001"))
        asked = {"actor": actor, "account": reseller_tree.agent, "key": "k" * 32}
        batch_request(**asked, draft=draft("OWN0001"))
        told = {answer_to(batch_request, **asked, draft=draft(one)) for one in ("TH0001", "ZZ0001")}
        assert {code for _words, code, _field in told} == {"key_reused"}
        assert len(told) == 1
