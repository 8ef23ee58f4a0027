"""What models say of their tables is there in the database: a migration that takes an index of one
column away takes along whatever else is unique about that column.
"""

import pytest
from django.apps import apps
from django.db import connection

pytestmark = [pytest.mark.django_db, pytest.mark.smoke]


def test_the_database_has_every_index_and_constraint_that_models_name() -> None:
    named, there = set(), set()
    with connection.cursor() as cursor:
        for one in apps.get_models():
            if one._meta.managed:
                table = one._meta.db_table
                of_model = (*one._meta.indexes, *one._meta.constraints)
                named |= {(table, named.name) for named in of_model}
                found = connection.introspection.get_constraints(cursor, table)
                there |= {(table, name) for name in found}
    assert ("billing_transaction", "transaction_settled_once") in named
    assert named - there == set()
