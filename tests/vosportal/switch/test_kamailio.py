"""The configuration of Kamailio in docs/switch/kamailio: Debian's packages can read it, it asks
what there is to be asked, and the page about it says what it needs.
"""

import re
from pathlib import Path

import pytest

from tests.support.sip_server import CONFIGURATION, checked, configured, missing
from vosportal.switch.endpoints import ENDPOINTS

FILES = sorted(CONFIGURATION.glob("*.cfg"))
README = CONFIGURATION.parent / "README.md"


@pytest.mark.wide
def test_kamailio_takes_it(tmp_path: Path) -> None:
    if lacking := missing():
        pytest.skip(f"not installed: {lacking} (docs/contributing.md)")
    # As it is, and with the values of a place.
    filled = configured(tmp_path, portal="http://127.0.0.1:1/", key="vsw_a_b", port=5060)
    for one in (CONFIGURATION / "kamailio.cfg", filled):
        found = checked(one)
        said = found.stdout + found.stderr
        assert found.returncode == 0, said
        assert not re.search("ERROR|CRITICAL|WARNING", said), said


def test_it_asks_everything_and_nothing_else() -> None:
    text = "".join(one.read_text() for one in FILES)
    assert set(re.findall(r'\$var\(ask\) = "(\w+)"', text)) == set(ENDPOINTS)


def test_its_parts_are_read_and_short() -> None:
    text = "".join(one.read_text() for one in FILES)
    included = set(re.findall(r'^include_file "(.+)"$', text, re.MULTILINE))
    assert included | {"kamailio.cfg"} == {one.name for one in FILES}
    for one in FILES:
        assert len(one.read_text().splitlines()) <= 400


def test_the_page_names_the_packages_that_it_needs() -> None:
    loaded = set(
        re.findall(
            r'^loadmodule "(\w+)\.so"', (CONFIGURATION / "kamailio.cfg").read_text(), re.MULTILINE
        )
    )
    assert {"dialog", "http_client", "jansson", "uuid"} <= loaded
    for one in ("kamailio-utils-modules", "kamailio-extra-modules"):
        assert one in README.read_text()
