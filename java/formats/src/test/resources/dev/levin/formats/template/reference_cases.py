"""Writes reference_cases.json beside this file: what jinja2 3.1 renders for small templates.

The environment is the one transformers renders chat templates with. Run it again after adding a
template: python3 reference_cases.py
"""

import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_pass"), [], [], body).set_lineno(line)

    def _pass(self, caller):
        return caller()


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


ENVIRONMENT = jinja2.sandbox.ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
)
ENVIRONMENT.filters["tojson"] = tojson
ENVIRONMENT.globals["raise_exception"] = raise_exception

CONTEXT = {
    "text": "Hello, World",
    "padded": "  a b  ",
    "unicode": "h\u00e9llo \U0001f642 \u4e2d\u6587",
    "lines": "one\ntwo\n\nthree",
    "words": ["pear", "Apple", "fig", "apple"],
    "numbers": [3, 1, 2, 2],
    "empty": [],
    "nothing": None,
    "yes": True,
    "no": False,
    "i": 7,
    "f": 2.5,
    "big": 123456789012345678901234567890,
    "d": {"b": 1, "a": [1, 2.0, None, True], "items": "key", "n": {"x": "y"}},
    "users": [
        {"name": "Ann", "age": 30, "role": "user"},
        {"name": "bob", "age": 25, "role": "admin"},
        {"name": "Cid", "age": 30, "role": "user"},
    ],
    "tree": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3, "c": [{"v": 4, "c": []}]}]}, {"v": 5, "c": []}],
    "quote": "it's \"<b>\" & co",
}

TEMPLATES = pathlib.Path(__file__).with_name("reference_cases.txt").read_text("utf-8").split("\n====\n")


def main():
    cases = []
    for template in TEMPLATES:
        case = {"template": template}
        try:
            case["expected"] = ENVIRONMENT.from_string(template).render(**CONTEXT)
        except Exception as error:
            case["error"] = type(error).__name__ + ": " + str(error)
        cases.append(case)
    text = json.dumps({"context": CONTEXT, "cases": cases}, indent=1, ensure_ascii=True)
    pathlib.Path(__file__).with_name("reference_cases.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
