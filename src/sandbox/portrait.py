"""Draws portrait.jpg, the picture every sandbox verification ends with: a robot, not a person.

Run with Pillow installed: python3 portrait.py
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SCALE = 3  # drawn large and made smaller, for smooth edges
WIDTH, HEIGHT = 240, 320
PAPER, BODY, LINE, GLOW = "#eef2f7", "#b8c4d6", "#33415c", "#2f80ed"

image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
draw = ImageDraw.Draw(image)


def at(*points):
    return [value * SCALE for value in points]


def box(*corners, radius, fill=BODY, width=4):
    draw.rounded_rectangle(at(*corners), radius * SCALE, fill, LINE, width * SCALE)


draw.line(at(120, 62, 120, 34), LINE, 4 * SCALE)
draw.ellipse(at(110, 18, 130, 38), GLOW, LINE, 4 * SCALE)
box(34, 112, 58, 160, radius=8)
box(182, 112, 206, 160, radius=8)
box(104, 196, 136, 230, radius=4)
box(50, 62, 190, 204, radius=26)
box(66, 80, 174, 186, radius=16, fill="#ffffff")
for centre in (97, 143):
    draw.ellipse(at(centre - 13, 104, centre + 13, 130), GLOW)
    draw.ellipse(at(centre - 7, 108, centre + 1, 116), "#ffffff")
draw.arc(at(92, 118, 148, 168), 25, 155, LINE, 5 * SCALE)
box(36, 222, 204, 330, radius=34)

font = ImageFont.load_default(30 * SCALE)
draw.text(at(120, 272), "SANDBOX", fill=LINE, font=font, anchor="mm", stroke_width=SCALE, stroke_fill=LINE)

image.resize((WIDTH, HEIGHT), Image.LANCZOS).save(
    Path(__file__).with_name("portrait.jpg"), quality=42, optimize=True, progressive=True
)
