"""The shared look: everything is said in words too, and nothing a student typed becomes markup."""

import base64
import re

import pytest

from labkit.views import card
from labkit.world import draw


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, two):
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def variables(theme):
    """The colours of a theme out of the style sheet: light, or dark (which JupyterLab draws on #111111)."""
    rule = (
        re.search(r"\.lk\{(.*?)\}", card.STYLE, re.S)[1]
        if theme == "light"
        else re.search(r'light="false"\] \.lk\{(.*?)\}', card.STYLE, re.S)[1]
    )
    return dict(re.findall(r"--lk-(\w+):(#\w{6})", rule)) | ({} if theme == "light" else {"ground": "#111111"})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_every_ground_of_both_themes(theme):
    found = variables(theme)
    for ink in ("ink", "quiet"):
        for ground in ("ground", "soft", "lit"):
            assert contrast(found[ink], found[ground]) >= 4.5, (theme, ink, ground)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_shapes_stand_out_or_have_their_word_beside_them(theme):
    found = variables(theme)
    shapes = {tone: contrast(found[tone], found["ground"]) for tone in card.TONES}
    assert all(value >= 2.8 for value in shapes.values()), shapes


def test_no_two_tones_share_a_shape():
    shapes = [shape for _, _, shape in card.TONES.values()]
    assert len(set(shapes)) == len(shapes)


def test_what_a_student_typed_is_never_markup():
    table = card.table("<b>caption</b>", ["a", "<i>"], [("<script>alert(1)</script>", card.code('x" onload="y'))])
    assert "<script>" not in table and "<b>" not in table and "&lt;script&gt;" in table


def test_a_table_has_headers_for_rows_and_columns():
    table = card.table("Who refused", ["operation", "answer"], [("list", "200"), ("delete", "403")], now=1)
    assert table.count('scope="col"') == 2 and table.count('scope="row"') == 2 and table.count("aria-current=true") == 1


def test_a_saved_page_keeps_the_picture_where_svg_and_styles_are_not_trusted():
    picture = card.drawing(100, 20, draw.text(50, 15, "hello"), title="Greeting", desc="It says hello.")
    saved = card.still(card.panel("A card", picture, "words"))
    image = re.search(r'<img class="lk-still" alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)">', saved)
    assert image[1] == "Greeting. It says hello."
    assert b"hello" in base64.b64decode(image[2]) and b"--lk-ink" in base64.b64decode(image[2])
    assert '<div class="lk-inline" hidden="hidden">' in saved and saved.endswith("words</div>")


def test_a_picture_shrinks_to_three_quarters_and_then_scrolls_by_keyboard():
    picture = card.drawing(880, 20, "", title="Wide", desc="Nothing.")
    assert 'tabindex="0"' in picture and 'min-width:660px"><svg' in picture
