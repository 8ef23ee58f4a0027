"""Whether a gateway takes a number, asked in the database: of hundreds of gateways those few are
read that matter. `rewriting.is_taken` says the same of one that was read.
"""

from typing import Any

from django.db.models import BooleanField, F, Func, Value

# What numbers may begin with, one value in which an index finds it: the empty beginning where there
# are no dial prefixes. The index of PostgreSQL is made of these very words.
_BEGINNINGS = "CASE WHEN {prefixes} = '[]'::jsonb THEN '[\"\"]'::jsonb ELSE {prefixes} END"


class Carries(Func):
    """One of the dial prefixes begins the number, or there are none."""

    output_field = BooleanField()

    def __init__(self, number: str, prefixes: str = "prefixes") -> None:
        super().__init__(F(prefixes), Value(number))

    def as_sqlite(self, compiler: Any, connection: Any, **_more: Any) -> Any:
        return self._made(
            compiler,
            "({prefixes} = '[]' OR EXISTS (SELECT 1 FROM json_each({prefixes}) one"
            " WHERE substr({number}, 1, length(one.value)) = one.value))",
        )

    def as_postgresql(self, compiler: Any, connection: Any, **_more: Any) -> Any:
        # The beginnings of the number are made once, not for each gateway.
        number = "SELECT left({number}, n) FROM generate_series(0, length({number})) n"
        return self._made(compiler, f"({_BEGINNINGS} ?| ARRAY({number}))")

    def _made(self, compiler: Any, text: str) -> Any:
        (prefixes, before), (number, params) = map(compiler.compile, self.source_expressions)
        times = text.count("{number}")
        return text.format(prefixes=prefixes, number=number), [*before, *params * times]
