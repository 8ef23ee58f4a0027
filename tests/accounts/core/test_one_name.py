"""One thing has several names: each is taken, and stored by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM
from accounts.core.codecs import CODECS, codec_named, split_codecs
from accounts.core.reach import find_in_scope
from accounts.core.rules import clean_codecs, clean_detail, clean_time_zone
from accounts.kit.errors import Refused
from accounts.kit.mail_addresses import mail_address
from accounts.logins.rules.values import clean_login
from accounts.portal.forms.mail import MailField
from tests.factories import AccountFactory


@pytest.mark.parametrize(
    ("text", "codecs"),
    [
        ("PCMA, PCMU/8000, G729", ["G.711a", "G.711u", "G.729"]),
        ("a-law µ-law", ["G.711a", "G.711u"]),
        ("alaw;ulaw:20|g711a", ["G.711a", "G.711u"]),
        ("G711 A-law, g711ulaw, G.711μ", ["G.711a", "G.711u"]),
        ("G.729 Annex A, G.723.1, g729r8", ["G.729", "G.723"]),
        ("opus/48000/2\nGSM-FR\niLBC@30i", ["Opus", "GSM", "iLBC"]),
        ("g722 amr", ["G.722", "AMR"]),
        ("speex, Siren 7", ["speex", "Siren", "7"]),
        ("", []),
    ],
)
def test_codecs_in_the_words_of_other_systems(text: str, codecs: list[str]) -> None:
    assert split_codecs(text) == codecs


def test_codecs_are_stored_in_order_and_once() -> None:
    assert clean_codecs(["ulaw", "G.711a", "PCMU", "alaw"]) == ["G.711u", "G.711a"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("speex", "Unknown codec: speex"),
        ("G.722.1", "Unknown codec: G.722.1"),
        ("AMR-WB", "Unknown codec: AMR-WB"),
        ("G.711", "write G.711a or G.711u"),
    ],
)
def test_codecs_that_are_none_are_named(name: str, says: str) -> None:
    with pytest.raises(Refused) as caught:
        clean_codecs([name])
    assert says in str(caught.value.message)


@given(st.sampled_from(CODECS), st.sampled_from(["", "/8000", "/8000/1", ":20", "@20i"]))
def test_our_own_names_are_kept(codec: str, behind: str) -> None:
    for text in (codec, codec.lower(), codec.upper().replace(".", ""), f"{codec}{behind}"):
        assert codec_named(text) == codec


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.com",
        " ann@EXAMPLE.com ",
        "Ann Ahmed <ann@example.com>",
        '"Ahmed, Ann" <ann@example.com>',
        "<ann@example.com>",
        "mailto:ann@example.com",
        "MAILTO:ann@example.com",
        "\u200bann@example.com\ufeff",
        "ann＠example.com",
    ],
)
def test_an_e_mail_address_as_it_is_copied(text: str) -> None:
    assert mail_address(text) == "ann@example.com"
    assert MailField().clean(text) == "ann@example.com"
    assert clean_detail({"email": text})["email"] == "ann@example.com"
    assert clean_login(email=text)["email"] == "ann@example.com"


@pytest.mark.parametrize("text", ["ann@example.com, bob@example.com", "ann", "Ann <ann@x> bob@y"])
def test_what_is_not_one_address_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        clean_detail({"email": text})


@pytest.mark.parametrize("name", ["Asia/Dhaka", "asia/dhaka", " Asia/Dhaka "])
def test_a_time_zone_in_any_case(name: str) -> None:
    assert clean_time_zone(name) == "Asia/Dhaka"
    assert clean_login(time_zone=name)["time_zone"] == "Asia/Dhaka"
    assert clean_time_zone("america/new york") == "America/New_York"


def test_contacts_give_telephones_without_what_nobody_sees() -> None:
    assert clean_detail({"phone": "\u202a+880\u00a01711\u202c"})["phone"] == "+880 1711"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["bd-retail-acme", " BD-Retail-ACME ", "BD\u2011Retail\u2013Acme\u200b"]
)
def test_an_account_is_found_by_its_id_as_it_is_copied(text: str) -> None:
    account = AccountFactory(account_id="BD-Retail-Acme")
    assert find_in_scope(SYSTEM, text) == account
