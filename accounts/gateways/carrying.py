"""Whether a gateway takes a number, asked in the database: of hundreds of gateways those few are
read that matter. `rewriting.is_taken` says the same of one that was read.
"""

from typing import Any

from django.db.models import BooleanField, F, Func, Value


class Carries(Func):
    """One of the dial prefixes begins the number, or there are none."""

    output_field = BooleanField()

    def __init__(self, number: str, prefixes: str = "prefixes") -> None:
        super().__init__(F(prefixes), Value(number))

    def as_sqlite(self, compiler: Any, connection: Any, **_more: Any) -> Any:
        begins = (
            "EXISTS (SELECT 1 FROM json_each({prefixes}) one"
            " WHERE substr({number}, 1, length(one.value)) = one.value)"
        )
        return self._made(compiler, "{prefixes} = '[]'", begins)

    def as_postgresql(self, compiler: Any, connection: Any, **_more: Any) -> Any:
        # The beginnings of the number are made once, not for each gateway.
        beginnings = "SELECT left({number}, n) FROM generate_series(1, length({number})) n"
        return self._made(
            compiler, "{prefixes} = '[]'::jsonb", f"{{prefixes}} ?| ARRAY({beginnings})"
        )

    def _made(self, compiler: Any, is_any: str, begins: str) -> Any:
        (prefixes, before), (number, params) = map(compiler.compile, self.source_expressions)
        text = f"({is_any} OR {begins})"
        times = text.count("{number}")
        return text.format(prefixes=prefixes, number=number), [*before, *params * times]
