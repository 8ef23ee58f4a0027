"""What people set for their own eyes."""

from typing import Any

import pytest

from accounts.core.actor import actor_for
from accounts.logins.services.preferences import preference_remember
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


class TestPreferences:
    def test_appearance_is_kept_without_leaving_the_page(self, client_of: Any) -> None:
        login = UserFactory()
        client = client_of(login)
        menu = "/security/preferences/appearance/"
        answer = client.post(menu, {"theme": "dark"}, headers={"HX-Request": "true"})
        assert answer.status_code == 204
        login.refresh_from_db()
        assert login.theme == "dark"
        for came_from, to in (
            ("http://testserver/accounts/?show=all", "http://testserver/accounts/?show=all"),
            ("https://evil.example/", "/security/preferences/"),
            ("", "/security/preferences/"),
        ):
            back = client.post(menu, {"density": "compact"}, headers={"Referer": came_from})
            assert back.headers["Location"] == to
        assert (
            client.post("/security/preferences/appearance/", {"theme": "pink"}).status_code == 422
        )

    def test_the_form_saves_and_says_what_is_wrong(self, client_of: Any) -> None:
        login = UserFactory()
        client = client_of(login)
        good = {
            "language": "en",
            "time_zone": "Asia/Dhaka",
            "theme": "light",
            "density": "compact",
            "page_size": "100",
        }
        assert client.post("/security/preferences/", good).status_code == 303
        login.refresh_from_db()
        assert (login.time_zone, login.preferences["page_size"]) == ("Asia/Dhaka", 100)
        bad = client.post("/security/preferences/", {**good, "time_zone": "Mars/Olympus"})
        assert bad.status_code == 422

    def test_each_thing_remembered_leaves_the_others(self) -> None:
        login = UserFactory()
        for key, value in (("columns", ["name"]), ("width", 300)):
            preference_remember(actor=actor_for(login), key=key, value=value)
        login.refresh_from_db()
        assert login.preferences == {"columns": ["name"], "width": 300}
