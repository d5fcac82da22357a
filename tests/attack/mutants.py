"""Security controls, each taken out by one change of the source, and the tests that must notice.

A list for `test_mutants.py`: file below `generator/rundiff`, the text that is the control, what is
put in its place, and the tests to run. A control that was rewritten no longer matches and fails
the test: then this list is to be rewritten with it.
"""

from typing import NamedTuple


class Mutant(NamedTuple):
    """One control removed."""

    name: str
    file: str
    control: str
    instead: str
    tests: str


_HTML = "tests/unit/render/test_html.py"
_NOTES = "tests/unit/views/test_notes_and_previews.py"
_JSON = "tests/unit/records/test_strict_json.py"
_TREE = "tests/attack/test_files.py"
_OUTPUTS = "tests/unit/render/test_outputs.py"
_STORE = "tests/unit/test_store.py"
_TERMINAL = "tests/unit/render/test_terminal.py"
_SUMMARY = "tests/unit/render/test_summary.py"
_ENVIRONMENT = "tests/unit/tracking/test_environment.py"
_POLICY = "tests/attack/test_controls.py"

MUTANTS = (
    Mutant("autoescape", "render/environment.py", "autoescape=True", "autoescape=False", _HTML),
    Mutant(
        "attribute escape",
        "render/environment.py",
        "str(escape(text))).replace",
        "text).replace",
        _HTML,
    ),
    Mutant(
        "key escape", "render/environment.py", "join(escape(part)", "join(Markup(part)", _POLICY
    ),
    Mutant(
        "flag escape",
        "render/environment.py",
        r"</span>', str(escape(text))",
        r"</span>', text",
        _POLICY,
    ),
    Mutant("island escape", "render/island.py", 'in "<>&"', 'in ""', _HTML),
    Mutant("default-src", "render/html.py", "default-src 'none'", "default-src *", _HTML),
    Mutant(
        "script-src", "render/html.py", "f\"script-src '", "f\"script-src 'unsafe-inline' '", _HTML
    ),
    Mutant("base-uri", "render/html.py", "        \"base-uri 'none'\",\n", "", _POLICY),
    Mutant("form-action", "render/html.py", "        \"form-action 'none'\",\n", "", _POLICY),
    Mutant("img-src", "render/html.py", '"img-src data:"', '"img-src *"', _POLICY),
    Mutant(
        "trusted types",
        "render/html.py",
        "        \"require-trusted-types-for 'script'\",\n",
        "",
        _POLICY,
    ),
    Mutant(
        "html in notes",  # twice, so both are taken out
        "views/notes.py",
        '{"html": False, "linkify": False, "maxNesting": 20})\n'
        '    parser.disable(["image", "html_block", "html_inline"]',
        '{"html": True, "linkify": False, "maxNesting": 20})\n    parser.disable(["image"]',
        _NOTES,
    ),
    Mutant("images in notes", "views/notes.py", '["image", ', "[", _NOTES),
    Mutant("link schemes", "views/notes.py", "_SCHEME.match(address) is not None", "True", _NOTES),
    Mutant("links without address", "views/notes.py", "is_dropped = not address", "pass", _NOTES),
    Mutant(
        "image signature", "views/previews.py", "if content.startswith(magic)", "if content", _NOTES
    ),
    Mutant("visible characters", "format/text.py", "_UNSEEN.sub(_unseen, text)", "text", _HTML),
    Mutant(
        "link at the end",
        "sources/tree.py",
        "os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC\n_FOLDER",
        "os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC\n_FOLDER",
        _TREE,
    ),
    Mutant(
        "link on the way",
        "sources/tree.py",
        "os.O_NOFOLLOW | os.O_DIRECTORY",
        "os.O_DIRECTORY",
        _TREE,
    ),
    Mutant("parent folders", "sources/tree.py", 'frozenset({".", ".."})', "frozenset()", _TREE),
    Mutant(
        "regular files",
        "sources/tree.py",
        "if not stat.S_ISREG(os.fstat(fd).st_mode):\n            os.close",
        "if False:\n            os.close",
        _TREE,
    ),
    Mutant("file size", "sources/tree.py", "    if size > limit:\n", "    if False:\n", _TREE),
    Mutant("depth of JSON", "records/strict_json.py", "> MAX_DEPTH\n", "> 10**9\n", _JSON),
    Mutant(
        "duplicate keys", "records/strict_json.py", "if len(found) != len(pairs)", "if False", _JSON
    ),
    Mutant(
        "keys counted", "records/strict_json.py", 'if count == data.count(b":"):', "if True:", _JSON
    ),
    Mutant(
        "keys before white space",
        "records/strict_json.py",
        " and not any(spaced in data for spaced in _SPACED)",
        "",
        _JSON,
    ),
    Mutant(
        "what was read written again",
        "records/strict_json.py",
        'return value if _respelled(text) == written.translate(None, b" ") else None',
        "return value",
        _JSON,
    ),
    Mutant("bare NaN", "records/strict_json.py", ", parse_constant=_refuse", "", _POLICY),
    Mutant(
        "lone surrogates",
        "records/strict_json.py",
        "_SURROGATE.search(data) is not None",
        "False",
        _JSON,
    ),
    Mutant(
        "checksum",
        "records/frames.py",
        'if tail == b\',"c":"%08x"}\' % crc32(body) and ',
        "if ",
        "tests/unit/records/test_journal.py",
    ),
    Mutant(
        "NaN passes no gate",
        "gates/rules.py",
        "elif value is not None and math.isnan(value):",
        "elif value is None:",
        "tests/unit/gates/test_rules.py tests/attack/test_controls.py",
    ),
    Mutant(
        "code spans",
        "render/markdown_text.py",
        'fence = "`" * (1 + max',
        'fence = "`" * (0 * max',
        _SUMMARY,
    ),
    Mutant("table bars", "render/markdown_text.py", r'r"(\||', r'r"(\x00|', _SUMMARY),
    Mutant("comment marker", "render/markdown_text.py", "|(?<=<)!(?=--))", ")", _SUMMARY),
    Mutant(
        "workflow commands", "render/terminal.py", "map(_disarm, text", "map(str, text", _TERMINAL
    ),
    Mutant("annotations", "render/annotations.py", '.replace("##[", "##\\\\[")', "", _POLICY),
    Mutant("formulas", "render/relation.py", 'return f"\'{text}"', "return text", _OUTPUTS),
    Mutant(
        "cells of Parquet",
        "sources/parquet_child.py",
        "if rows * max(count, 1) > max_cells",
        "if False",
        "tests/unit/sources/test_parquet.py",
    ),
    Mutant(
        "pages of Parquet",
        "sources/parquet_child.py",
        "page_checksum_verification=True",
        "page_checksum_verification=False",
        "tests/unit/sources/test_parquet.py",
    ),
    Mutant(
        "memory of Parquet",
        "sources/parquet_child.py",
        "MEMORY_BYTES = 768 << 20",
        "MEMORY_BYTES = 1 << 40",
        "tests/attack/test_controls.py",
    ),
    Mutant(
        "pages of a pack",
        "sources/own_parquet.py",
        "if unpacked > MOST_BYTES",
        "if False",
        "tests/unit/sources/test_own_parquet.py",
    ),
    Mutant(
        "texts of a pack",
        "sources/own_parquet.py",
        "_OF_TEXTS = frozenset({PLAIN})",
        "_OF_TEXTS = frozenset(range(20))",
        "tests/unit/sources/test_own_parquet.py",
    ),
    Mutant(
        "files of the engine", "store.py", '    "SET enable_external_access = false",\n', "", _STORE
    ),
    Mutant("lock of the engine", "store.py", '    "SET lock_configuration = true",\n', "", _STORE),
    Mutant("temporary folder", "store.py", '    "temp_directory": "",\n', "", _STORE),
    Mutant(
        "files of others",
        "render/files.py",
        "if force or not target.is_file() or _is_ours",
        "if True or _is_ours",
        _OUTPUTS,
    ),
    Mutant(
        "whole files",
        "render/files.py",
        "            _replace(target, content)",
        "            target.write_bytes(content)",
        _OUTPUTS,
    ),
    Mutant(
        "secrets in arguments",
        "tracking/environment.py",
        "redact_arguments(",
        "list(",
        _ENVIRONMENT,
    ),
    Mutant(
        "attributes of a verified report",
        "render/verification.py",
        "return kind in _TEXTS and not is_image_button",
        "return True",
        "tests/unit/render/test_verification.py",
    ),
    Mutant(
        "tags of a verified report",
        "render/verification.py",
        '_stray(between) if "<" in between else ',
        "",
        "tests/unit/render/test_verification.py",
    ),
    Mutant(
        "links when unpacking",
        "sources/unpacking.py",
        "        tree.folder(part)\n",
        "",
        "tests/unit/sources/test_packing.py -k link",
    ),
    Mutant(
        "journals known by name",
        "sources/native.py",
        "_OWN_NAME.match(name) or ",
        "",
        "tests/unit/sources/test_native.py -k beginning",
    ),
)
