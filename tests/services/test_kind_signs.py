"""The words on a page that speak for the kind of its document."""

from pipeline.services.kind_signs import _found


def test_the_title_is_found_even_if_a_letter_is_misread(make):
    """With its place; only the longest of two titles at one place; words of other lines are not in the box."""
    page = make.page(["ព្រះរាជាណាចក្រកម្ពុជា"], ["សាលក្រមព្រហ្នទណ្ឌ"], ["សាលាដំបូងខេត្តកំពត"])
    lines = [line for block in page.blocks for line in block.lines]
    (sign,) = _found(["សាលក្រម", "សាលក្រមព្រហ្មទណ្ឌ"], lines, is_title=True)
    assert sign.text == "សាលក្រមព្រហ្នទណ្ឌ"
    assert sign.boxes == (lines[1].words[0].box,)


def test_a_phrase_over_two_lines_has_a_box_for_each(make):
    """And what is not there is not found."""
    page = make.page(["attendu que le tribunal", "a rendu le jugement dont suit la teneur"])
    lines = page.blocks[0].lines
    (sign,) = _found(["le tribunal a rendu le jugement", "porter plainte entre vos mains"], list(lines), is_title=False)
    assert sign.text == "le tribunal a rendu le jugement"
    assert [box.top for box in sign.boxes] == [lines[0].words[0].box.top, lines[1].words[0].box.top]
