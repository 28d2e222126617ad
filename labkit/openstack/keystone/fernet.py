"""Fernet: the sealed envelope of a token, and the repository of keys that seal and open it.

    key repository        0    staged: opens, will be the next primary
                          1    secondary: opens what it once sealed
                          2    primary (the highest number): seals and opens

    rotate:  0 → 3 (new primary), a fresh 0; the lowest secondaries go when there are more than `max_active_keys`

A token sealed by a key that is gone cannot be opened: it is not expired, it is noise. Format: github.com/fernet/spec;
repository as `keystone-manage fernet_setup` and `fernet_rotate` keep it.
"""

import hmac
import struct
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from labkit.world.errors import LabError
from labkit.world.journal import action

VERSION = b"\x80"


class KeyRepository:
    """Numbered Fernet keys: in memory, or one file per key in `folder` (which real Keystone can read).

    world: gives the randomness of new keys. name: one per repository. max_active_keys: staged, primary and
    secondaries together, at least 2; a full repository keeps every token of the last `max_active_keys - 2` rotations
    readable. Raises LabError for less.
    """

    @action
    def __init__(self, world, name="fernet-keys", folder=None, max_active_keys=3):
        if max_active_keys < 2:
            raise LabError(f"max_active_keys is {max_active_keys}, but there are always a staged and a primary key",
                           next_step="give at least 2; 3 is Keystone's default")
        self.world, self.name, self.max_active_keys = world, name, max_active_keys
        self.folder = Path(folder) if folder else None
        self.keys, self.changes = {}, 0
        self._opener = (None, None)
        self.setup()

    @action
    def setup(self):
        """`keystone-manage fernet_setup`: a staged key 0 and a primary key 1, unless there are keys."""
        if self.folder:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.load()
        if 0 not in self.keys:
            self._put(0)
            self.rotate()

    @action
    def load(self):
        """Read the folder again (another process may have rotated). Files that are no key are ignored."""
        if self.folder:
            self.changes += 1
            self.keys = {
                int(f.name): f.read_bytes().strip()
                for f in self.folder.iterdir()
                if f.name.isdecimal() and f.stat().st_size
            }

    @action
    def rotate(self):
        """`keystone-manage fernet_rotate`: the staged key becomes the primary, a fresh key is staged, the oldest go.

        Returns the numbers of the keys that went; tokens sealed by them can no longer be opened.
        """
        staged, primary = self.keys.pop(0), self.primary + 1
        self._put(primary, staged)
        self._put(0)
        surplus = len(self.keys) - self.max_active_keys
        gone = sorted(number for number in self.keys if number not in (0, primary))[:max(surplus, 0)]
        for number in gone:
            self._drop(number)
        return gone

    @action
    def copy_from(self, other):
        """What rsync does between two Keystone nodes: this repository becomes equal to the other."""
        for number in [number for number in self.keys if number not in other.keys]:
            self._drop(number)
        for number, key in other.keys.items():
            self._put(number, key)

    @property
    def primary(self):
        """The number of the key that seals."""
        return max(self.keys, default=0)

    @property
    def numbers(self):
        """All key numbers: staged 0 first, primary last."""
        return sorted(self.keys)

    def seal(self, payload, timestamp_s, iv):
        """A Fernet token of these bytes, without the '=' padding, as text. timestamp_s: Unix time; iv: 16 bytes."""
        key = Fernet(self.keys[self.primary])
        return seal(key._encryption_key, key._signing_key, payload, timestamp_s, iv)

    def open(self, token):
        """(payload, timestamp_s) of a token. Raises ValueError unless one of the keys sealed it."""
        padded = token.encode() + b"=" * (-len(token) % 4)
        try:
            opener = self.opener()
            return opener.decrypt(padded), opener.extract_timestamp(padded)
        except InvalidToken:
            raise ValueError("no key opens this token") from None

    def opener(self):
        """cryptography's MultiFernet over all keys, primary first."""
        if self._opener[0] != self.changes:
            ordered = [Fernet(self.keys[number]) for number in reversed(self.numbers)]
            self._opener = (self.changes, MultiFernet(ordered))
        return self._opener[1]

    def _put(self, number, key=None):
        key = key or urlsafe_b64encode(self.world.random(f"{self.name}/keys").getrandbits(256).to_bytes(32, "big"))
        self.keys[number] = key
        self.changes += 1
        if self.folder:
            temporary = self.folder / f"{number}.tmp"
            temporary.touch(mode=0o600)
            temporary.write_bytes(key)
            temporary.replace(self.folder / str(number))

    def _drop(self, number):
        del self.keys[number]
        self.changes += 1
        if self.folder:
            (self.folder / str(number)).unlink(missing_ok=True)


def seal(encryption_key, signing_key, payload, timestamp_s, iv):
    """Version, time, IV, AES-128-CBC of the padded payload, HMAC-SHA256 over all of it; base64 for addresses."""
    padding = 16 - len(payload) % 16
    cipher = Cipher(algorithms.AES(encryption_key), modes.CBC(iv)).encryptor()
    sealed = cipher.update(payload + bytes([padding]) * padding) + cipher.finalize()
    parts = VERSION + struct.pack(">Q", timestamp_s) + iv + sealed
    return urlsafe_b64encode(parts + hmac.digest(signing_key, parts, "sha256")).rstrip(b"=").decode()
