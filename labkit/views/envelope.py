"""A Fernet token taken apart: the five parts of its envelope, and what lies inside if one of our keys opens it.

    | 80 | time stamp | initialisation vector | ciphertext (AES-128-CBC) | HMAC-SHA256 |
      1      8 bytes           16 bytes              n x 16 bytes            32 bytes

Anybody can read the time stamp: without a key the content is secret, the envelope is not. Format:
github.com/fernet/spec.
"""

from base64 import urlsafe_b64decode
from struct import unpack

from cryptography.fernet import Fernet, InvalidToken

from labkit.openstack.keystone import tokens
from labkit.views import card
from labkit.world import draw

SMALLEST, LONGEST_TEXT = 1 + 8 + 16 + 16 + 32, 2000   # bytes, characters: Keystone's own tokens stay below 300
WIDTH = 880
LOOK = (  # name, width in the picture, tone, what it is for
    ("version", 84, "idle", "always 80: there is one version only"),
    ("time stamp", 150, "info", "when it was sealed; readable without a key"),
    ("IV", 150, "odd", "16 random bytes: tokens of equal content look different"),
    ("ciphertext", 300, "good", "the payload under AES-128-CBC; opened by the second half of the key"),
    (
        "HMAC",
        188,
        "bad",
        "the seal (HMAC-SHA256, first half of the key) over all before it: one bit changed, and no key fits",
    ),
)


def take_apart(text):
    """(name, first byte, bytes) of the five parts.

    Raises ValueError, in words for the reader, when `text` can be no Fernet token.
    """
    text = "".join(text.split())
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"this is no token: it has {len(text):,} characters, and a token has about 200")
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        raise ValueError(
            "this is not base64 for addresses: a token has only letters, digits, '-' and '_', and nothing is cut off"
        ) from None
    if len(raw) < SMALLEST or raw[0] != 0x80:
        raise ValueError(
            f"this is no Fernet token: it has {len(raw)} bytes and begins with {raw[:1].hex() or 'nothing'} "
            f"(a token has at least {SMALLEST} and begins with 80)"
        )
    parts, first = [], 0
    for (name, *_), length in zip(LOOK, (1, 8, 16, len(raw) - 57, 32), strict=True):
        parts.append((name, first, raw[first : first + length]))
        first += length
    return parts


def sealed_at(parts):
    """Unix seconds of the time stamp."""
    return unpack(">Q", parts[1][2])[0]


def open_with(text, repositories):
    """(repository's name, key number, Token) of the first key that opens it, or None.

    `repositories`: name -> KeyRepository.
    """
    padded = text.encode() + b"=" * (-len(text) % 4)
    for name, repository in repositories.items():
        for number in reversed(repository.numbers):
            try:
                payload = Fernet(repository.keys[number]).decrypt(padded)
            except InvalidToken:
                continue
            return name, number, tokens.unpack(payload, sealed_at(take_apart(text)))
    return None


def strip(parts):
    """The five parts side by side as SVG; their widths are not to scale, the byte numbers are exact."""
    drawn, x = [], 4
    for (name, width, tone, _), (_, first, raw) in zip(LOOK, parts, strict=True):
        last = first + len(raw) - 1
        drawn += [
            draw.rect(
                x,
                8,
                width - 4,
                50,
                fill=f"var(--lk-{tone})",
                stroke=f"var(--lk-{tone})",
                rounded=6,
                fill_opacity=0.16,
                stroke_width=1.5,
            ),
            draw.text(x + width / 2 - 2, 30, name, size=15, weight=600),
            draw.text(x + width / 2 - 2, 49, f"{len(raw)} byte{'s' if len(raw) > 1 else ''}", size=13),
            draw.text(
                x + width / 2 - 2, 76, f"{first} – {last}" if last > first else f"{first}", size=13, fill="faint"
            ),
        ]
        x += width
    desc = " ".join(f"{name}: bytes {first} to {first + len(raw) - 1}." for name, first, raw in parts)
    return card.drawing(WIDTH, 84, "".join(drawn), title="The envelope of a Fernet token", desc=desc)


def parts_table(parts):
    """What each part is for, and its bytes."""
    rows = [
        (name, says, card.code(shortened(raw.hex())))
        for (name, _, _, says), (_, _, raw) in zip(LOOK, parts, strict=True)
    ]
    return card.table("The parts of the envelope", ("part", "what it is", "bytes (hexadecimal)"), rows)


def payload_table(token, names):
    """The opened payload, field by field; `names` maps ids to names that Keystone looks up (they are not in the
    token).
    """

    def named(key):
        return card.Html(f"{card.code(key)} {card.text('= ' + names[key]) if key in names else ''}")

    scope = {
        "project": token.project_id,
        "domain": token.domain_id,
        "system": token.system,
        "trust": token.project_id,
        "application credential": token.project_id,
    }.get(tokens.SCOPE_NAMES[token.kind])
    rows = [
        ("kind of payload", f"{token.kind}: {tokens.SCOPE_NAMES[token.kind]}"),
        ("user", named(token.user_id)),
        ("methods", ", ".join(token.methods)),
    ]
    rows += [("scope", named(scope))] if scope else [("scope", "none")]
    rows += [("trust", named(token.trust_id))] if token.trust_id else []
    rows += [("application credential", named(token.app_cred_id))] if token.app_cred_id else []
    rows += [
        ("expires at", tokens.time_text(token.expires_at)),
        ("audit ids", card.Html(", ".join(card.code(audit) for audit in token.audit_ids))),
    ]
    return card.table(
        "Inside: a msgpack list. No role, no name, no catalogue: those are looked up at every validation.",
        ("field", "value"),
        rows,
    )


def shortened(text, keep=32):
    """The text, or its beginning and end."""
    return text if len(text) <= keep else f"{text[: keep - 9]} … {text[-6:]}"
