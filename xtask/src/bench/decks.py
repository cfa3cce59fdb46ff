"""Splits and merges decks with python-pptx, as its users do: it has no call for either.

`decks.py split DECK FOLDER`: each slide alone, the others removed.
`decks.py merge OUT DECK...`: the slides of the later decks copied into the first, shape by shape, with their pictures.
"""

import copy
import sys
from pathlib import Path

from pptx import Presentation

RELATIONSHIPS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def split(deck, folder):
    count = len(Presentation(deck).slides)
    for kept in range(count):
        presentation = Presentation(deck)
        slides = presentation.slides._sldIdLst
        for index, slide in enumerate(list(slides)):
            if index != kept:
                presentation.part.drop_rel(slide.rId)
                slides.remove(slide)
        presentation.save(Path(folder) / f"{kept + 1}.pptx")


def merge(out, decks):
    target = Presentation(decks[0])
    empty = target.slide_layouts[-1]
    for deck in decks[1:]:
        for slide in Presentation(deck).slides:
            copied = target.slides.add_slide(empty)
            for shape in list(copied.shapes):
                shape._element.getparent().remove(shape._element)
            renamed = {}
            for rel_id, relation in slide.part.rels.items():
                if relation.is_external:
                    renamed[rel_id] = copied.part.relate_to(
                        relation.target_ref, relation.reltype, is_external=True
                    )
                elif relation.reltype.rsplit("/", 1)[-1] in ("image", "media", "video", "audio"):
                    renamed[rel_id] = copied.part.relate_to(relation.target_part, relation.reltype)
            for shape in slide.shapes:
                element = copy.deepcopy(shape._element)
                for node in element.iter():
                    for name, value in node.attrib.items():
                        if name.startswith(RELATIONSHIPS) and value in renamed:
                            node.set(name, renamed[value])
                copied.shapes._spTree.append(element)
    target.save(out)


if __name__ == "__main__":
    what, first, *rest = sys.argv[1:]
    if what == "split":
        split(first, rest[0])
    else:
        merge(first, rest)
