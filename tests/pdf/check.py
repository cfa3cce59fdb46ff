"""Checks documents with pdf_oxide, a reader that is not ours: `check.py LEVEL=FILE...`, with levels such as `2b` and `ua`.

`!LEVEL=FILE` must not hold, so that a checker that takes anything is found out.
"""

import sys

from pdf_oxide import PdfDocument


def errors(level, path):
    document = PdfDocument(path)
    found = document.validate_pdf_ua() if level == "ua" else document.validate_pdf_a(level)
    return [] if found["valid"] else found["errors"] or ["not valid, and no reason given"]


wrong = 0
for argument in sys.argv[1:]:
    level, path = argument.split("=", 1)
    found = errors(level.lstrip("!"), path)
    if level.startswith("!"):
        found = [] if found else ["passes, although it was not made for that"]
    for error in found:
        print(f"{path}: {level}: {error}", file=sys.stderr)
    wrong += len(found)
print(f"{len(sys.argv) - 1} documents looked at, {wrong} errors")
sys.exit(1 if wrong else 0)
