"""The logo of a letterhead: who may set it, who gets it, where it stands."""

import hashlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AuditEntry, Logo
from accounts.kit.pictures import picture_file
from accounts.tree.queries.letterhead import letterhead_of
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.letterheads import logo_set
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.answering import submit
from tests.support.drawing import opened, png
from tests.support.pages import just_signed_in, markup_of, words_of
from tests.support.paying import pay

pytestmark = pytest.mark.django_db

BLUE = (20, 40, 200, 255)


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    grant(reseller_tree.top)
    for account, company in ((reseller_tree.top, "Wholesale"), (reseller_tree.agent, "Dhaka")):
        account_edit(actor=SYSTEM, account=account, detail={"company": company})
    return reseller_tree.refresh()


@pytest.fixture
def top(tree: ResellerTree) -> Client:
    return just_signed_in(UserFactory(account=tree.top, username="top"))


@pytest.fixture
def customer(tree: ResellerTree) -> Client:
    return just_signed_in(UserFactory(account=tree.customer, username="cust"))


def publish(account: Account) -> None:
    account_edit(
        actor=SYSTEM, account=Account.objects.get(pk=account.pk), detail={"is_published": True}
    )


def file(raw: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("logo.png", raw, "image/png")


def test_an_agent_gives_an_account_below_its_logo(tree: ResellerTree, top: Client) -> None:
    page = f"/accounts/{tree.agent.account_id}/letterhead/"
    words = words_of(top.get(page))
    assert "Dhaka" in words
    assert "Not published" in words
    answer = submit(top, page, {"logo": file(png())}, follow=True)
    assert "Dhaka-Retail-Sub has a new logo." in words_of(answer)
    assert "data:image/png;base64," in markup_of(answer)
    entry = AuditEntry.objects.filter(action="account.logo").get()
    assert (entry.account_pk, entry.before) == (tree.agent.pk, {"logo": None})
    answer = top.post(page, {"remove": "1"}, follow=True)
    assert "The logo of Dhaka-Retail-Sub is removed." in words_of(answer)
    assert not Logo.objects.exists()


def test_the_same_logo_once_more_is_no_change(tree: ResellerTree) -> None:
    for _again in range(2):
        logo_set(actor=SYSTEM, account=tree.agent, picture=png())
    assert AuditEntry.objects.filter(action="account.logo").count() == 1


@pytest.mark.parametrize(
    ("raw", "said"), [(b"no picture", "This is no picture"), (None, "Choose a picture.")]
)
def test_what_is_no_picture_is_said_at_the_field(
    tree: ResellerTree, top: Client, raw: bytes | None, said: str
) -> None:
    page = f"/accounts/{tree.agent.account_id}/letterhead/"
    answer = submit(top, page, {"logo": file(raw)} if raw else {})
    assert said in words_of(answer, 422)
    assert not Logo.objects.exists()


def test_the_accounts_below_get_it_once_it_is_published(
    tree: ResellerTree, customer: Client
) -> None:
    logo_set(actor=SYSTEM, account=tree.agent, picture=png(colour=BLUE))
    address = f"/accounts/{tree.customer.account_id}/logo/"
    assert customer.get(address).status_code == 204
    publish(tree.agent)
    digest = Logo.objects.get().digest
    answer = customer.get(f"{address}?v={digest}")
    assert opened(answer.content).convert("RGBA").getpixel((0, 0)) == BLUE
    assert answer["Content-Type"] == "image/png"
    assert answer["Cache-Control"] == "private, max-age=86400, immutable"
    # Under an address that says nothing of the picture nobody keeps it.
    assert customer.get(address)["Cache-Control"] == "no-store"


def test_a_letterhead_without_a_logo_borrows_none(tree: ResellerTree, customer: Client) -> None:
    logo_set(actor=SYSTEM, account=tree.top, picture=png())
    publish(tree.top)
    publish(tree.agent)
    assert letterhead_of(tree.customer).logo == ""
    assert customer.get(f"/accounts/{tree.customer.account_id}/logo/").status_code == 204
    assert letterhead_of(tree.agent).logo == Logo.objects.get().digest


def test_it_stands_on_documents_and_beside_the_contact(
    tree: ResellerTree, customer: Client
) -> None:
    logo_set(actor=SYSTEM, account=tree.agent, picture=png())
    one = pay(tree.customer, "5")
    address = f"/accounts/{tree.customer.account_id}/logo/?v={Logo.objects.get().digest}"
    pages = ("/", f"/payments/{one.key}/", f"/accounts/{tree.customer.account_id}/statement/")
    for page in pages:
        assert address not in markup_of(customer.get(page))
    publish(tree.agent)
    for page in pages:
        assert address in markup_of(customer.get(page))


def test_the_platform_has_one_of_its_own(
    tree: ResellerTree, customer: Client, settings: Any, tmp_path: Any
) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(png(colour=BLUE))
    settings.LETTERHEAD_LOGO = str(path)
    image = customer.get(f"/accounts/{tree.customer.account_id}/logo/").content
    assert opened(image).convert("RGBA").getpixel((0, 0)) == BLUE
    assert letterhead_of(tree.customer).logo == hashlib.sha256(image).hexdigest()[:16]
    picture_file.cache_clear()


def test_a_platforms_logo_that_is_gone_keeps_no_document_back(
    tree: ResellerTree, customer: Client, settings: Any
) -> None:
    settings.LETTERHEAD_LOGO = "/nowhere/logo.png"
    assert letterhead_of(tree.customer).logo == ""
    statement = customer.get(f"/accounts/{tree.customer.account_id}/statement/")
    assert "VOS Portal" in markup_of(statement)
