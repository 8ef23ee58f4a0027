"""What refuses phones and their imports, by its code."""

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import User
from accounts.jobs.models import Job
from accounts.phones.rules.values import clean_dids
from accounts.phones.services.import_jobs import import_start, passwords_issue
from accounts.phones.services.imports import import_preview, phones_import
from tests.factories import ResellerTree
from tests.factories.fixtures import signed_in
from tests.support.answering import answered, submit
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db


def test_its_own_number_is_no_did_of_a_phone() -> None:
    with refused("own_number", field="dids"):
        clean_dids("8801711000000", ["8801711000001", "8801711000000"])


def test_dids_are_given_with_a_single_phone_only(
    administrator: User, reseller_tree: ResellerTree
) -> None:
    browser = signed_in(administrator)
    page = "/accounts/Customer-001/phones/new/"
    check = submit(browser, page, {"numbers": "8801\n8802", "dids": "8809"})
    answer = browser.post(page, answered(check))
    (error,) = answer.context["form"].errors.as_data()["dids"]
    assert error.code == "dids_of_many"
    assert not reseller_tree.customer.phones.exists()


def test_a_sheet_with_a_wrong_row_is_not_imported(reseller_tree: ResellerTree) -> None:
    rows = [["number", "account"], ["8801", "Customer-001"], ["8802", "Nobody-1"]]
    seen = import_preview(actor=SYSTEM, rows=rows).digest
    with refused("wrong_rows", field="file"):
        phones_import(actor=SYSTEM, rows=rows, expected=seen)


def test_nothing_is_imported_by_a_check_that_is_not_ready(administrator: User) -> None:
    check = Job.objects.create(kind="phones-check", login=administrator, result={})
    with refused("nothing_to_do"):
        import_start(actor=actor_for(administrator), check=check)
    assert Job.objects.count() == 1


def test_no_passwords_are_made_where_no_phone_waits_for_one(administrator: User) -> None:
    job = Job.objects.create(kind="phones-import", login=administrator)
    with refused("nothing_to_do"):
        passwords_issue(actor=actor_for(administrator), job=job)
