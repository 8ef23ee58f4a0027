"""What is kept of a mail server's answer: its words, and no secret it quotes."""

from smtplib import SMTPDataError, SMTPServerDisconnected
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from hypothesis import given
from hypothesis import strategies as st

from accounts.mail.answers import LONGEST, Letter, answer_words

TOKEN = "Zm9yZXZlci1hbmQtZXZlci1hbmQtZXZlci1hbmQtZXY"
LETTER = Letter(
    "k@x.example",
    "Your invitation",
    f"Hello\n\nhttp://127.0.0.1:8000/security/invitation/{TOKEN}/\n",
)
# What a server may say around it; it quotes the mail's letters, never these.
WORDS = st.text(alphabet="äöü ;<>()", max_size=60)


def parts_of(text: str, length: int) -> set[str]:
    return {text[at : at + length] for at in range(len(text) - length + 1)}


@given(
    WORDS,
    st.integers(0, len(TOKEN) - 1),
    st.integers(1, len(TOKEN)),
    WORDS,
)
def test_no_part_of_a_link_that_is_worth_anything_is_kept(
    before: str, start: int, length: int, after: str
) -> None:
    quoted = TOKEN[start : start + length]
    said = answer_words(SMTPDataError(554, f"{before}{quoted}{after}".encode()), LETTER.body)
    assert not parts_of(TOKEN, 8) & parts_of(said, 8)


@given(WORDS)
def test_what_the_server_says_is_kept_in_one_line_that_fits(words: str) -> None:
    said = answer_words(SMTPDataError(451, (words * 20).encode()), LETTER.body)
    whole = " ".join(f"451 {words * 20}".split())
    assert said == whole[:LONGEST].strip()


@pytest.mark.parametrize("quoted", ["s3cret", "czNjcmV0", "AG1haWxlcgBzM2NyZXQ="])
def test_the_password_of_the_server_is_not_kept(settings: Any, quoted: str) -> None:
    """As it is, and as AUTH LOGIN and AUTH PLAIN say it."""
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "mailer", "s3cret"
    said = answer_words(SMTPDataError(535, f"5.7.8 no: {quoted}".encode()), LETTER.body)
    assert said == "535 5.7.8 no: …"


def test_the_name_of_the_portal_is_no_secret() -> None:
    said = answer_words(SMTPDataError(550, b"127.0.0.1 is not permitted to relay"), LETTER.body)
    assert said == "550 127.0.0.1 is not permitted to relay"


def test_a_connection_that_breaks_is_said() -> None:
    said = answer_words(SMTPServerDisconnected("Connection unexpectedly closed"), LETTER.body)
    assert said == "The mail server cannot be reached: Connection unexpectedly closed"


def test_a_letter_shows_nobody_its_text() -> None:
    """Where it stands in a traceback."""
    assert TOKEN not in repr(LETTER)


def test_allauth_mails_nothing_itself() -> None:
    with pytest.raises(NotImplementedError):
        get_adapter().send_mail("account/email/unknown_account", "k@x.example", {})
