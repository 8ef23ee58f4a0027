"""How many examples Hypothesis tries. How it tries them is the same for every test, and said by the
profile of the run: with as many examples as others have, a plain `@given` is enough.
"""

from typing import Any

from hypothesis import HealthCheck, settings

from tests.support.depth import is_night

# What a test tries that says nothing, as usual and at night.
USUAL, AT_NIGHT = 100, 1000


def choose_profile() -> None:
    """Called once the depth of the run is known. Every usual run tries the same, so that a red
    build is the fault of the change and not of luck; at night runs try what nobody has tried yet.
    """
    settings.register_profile(
        "usual",
        max_examples=USUAL,
        derandomize=True,
        database=None,
        print_blob=True,
        # How long something takes on a busy machine says nothing about it; and what fixtures made
        # lasts for all examples of a test, which every test knows.
        deadline=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
            HealthCheck.function_scoped_fixture,
        ],
    )
    settings.register_profile(
        "night", settings.get_profile("usual"), max_examples=AT_NIGHT, derandomize=False
    )
    settings.load_profile("night" if is_night() else "usual")


def examples(count: int, **more: Any) -> settings:
    """For a test that usually tries so many, and at night as many times more as others do."""
    return settings(max_examples=count * settings.default.max_examples // USUAL, **more)
