"""Prints the letters of PDF files as JSON: [x, y, direction x, direction y, size, end, text] for each, by page.

Positions are the letters' origins in points from the top left corner of the page.
"""
import json
import sys

import pymupdf

pymupdf.TOOLS.mupdf_display_errors(False)
FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP


def letters(page):
    found = []
    for block in page.get_text("rawdict", flags=FLAGS)["blocks"]:
        for line in block.get("lines", ()):
            cos, sin = line["dir"]
            for span in line["spans"]:
                for char in span["chars"]:
                    if char["c"].isspace():
                        continue
                    x, y = char["origin"]
                    box = char["bbox"]
                    end = max(c[0] * cos + c[1] * sin for c in ((box[0], box[1]), (box[2], box[3])))
                    numbers = (x, y, cos, sin, span["size"], end)
                    found.append([round(n, 3) for n in numbers] + [char["c"]])
    return found


for path in sys.argv[1:]:
    with pymupdf.open(path) as document:
        print(json.dumps([letters(page) for page in document]))
