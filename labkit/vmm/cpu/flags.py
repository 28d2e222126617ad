"""The FLAGS register, computed only when somebody looks.

Nearly every arithmetic instruction sets six flags, and nearly all are overwritten before anybody reads them. So an
instruction leaves three numbers, and a flag is worked out of them when a jump, an adc or a pushf asks (Bochs and QEMU
do the same):

    result    its 16 bits say ZF, SF, PF (a byte's result is written twice, high and low, so that the same rules hold)
    carry     bit 16 is CF
    carries   bit n is the carry INTO position n: AF is bit 4; OF: the carry into the sign's place (15) is not that out
              of it (16)

inc and dec leave CF alone, therefore `carry` stands apart from `carries`. The other flags (TF IF DF IOPL NT) are plain
bits in `control`. Bits 3, 5 and 15 are always 0, bit 1 always 1 (Intel SDM vol. 1, 3.4.3).
"""

CF, PF, AF, ZF, SF, TF, IF, DF, OF, IOPL, NT = 1, 4, 0x10, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x3000, 0x4000
STATUS = CF | PF | AF | ZF | SF | OF
CONTROL = TF | IF | DF | IOPL | NT
PRIVILEGED = IF | IOPL
ALWAYS = 2
PARITY = bytes(PF if bin(value).count("1") % 2 == 0 else 0 for value in range(256))
SIGN = 0x18000  # bits of `result` that mean SF; bit 16 is only set by load()


class Flags:
    """See above. `image` is the register as pushf shows it to the supervisor."""

    __slots__ = ("result", "carry", "carries", "control")

    def __init__(self):
        self.control = 0
        self.load(0)

    @property
    def image(self):
        """All 16 bits."""
        result, carries = self.result, self.carries
        return (
            ALWAYS
            | self.control
            | self.carry >> 16 & CF
            | self.parity
            | carries & AF
            | (not result & 0xFFFF) << 6
            | (SF if result & SIGN else 0)
            | ((carries >> 15 ^ carries >> 16) & 1) << 11
        )

    @property
    def parity(self):
        """PF: an even number of ones in the result's low byte."""
        result = self.result
        return PARITY[(result ^ result >> 17) & 0xFF]

    @property
    def overflow(self):
        """OF as 0 or 1."""
        return (self.carries >> 15 ^ self.carries >> 16) & 1

    def load(self, image):
        """Set all flags. No result has ZF and SF both, but popf can: bits 16 and 17 of `result` say the rest."""
        self.set_status(image)
        self.control = image & CONTROL

    def set_status(self, image):
        """Set the six status flags only."""
        self.result = (0 if image & ZF else 0x100) | (image & SF) << 9 | (not image & PF) << 17
        self.carry = (image & CF) << 16
        self.carries = image & AF | (image & OF) << 4

    def condition(self, number):
        """A function that says whether condition `number` of the Jcc opcodes (0 = o, 1 = no, 2 = b, …) holds."""
        holds = (self._o, self._b, self._e, self._be, self._s, self._p, self._l, self._le)[number >> 1]
        return (lambda: not holds()) if number & 1 else holds

    def _o(self):
        return (self.carries >> 15 ^ self.carries >> 16) & 1

    def _b(self):
        return self.carry & 0x10000

    def _e(self):
        return not self.result & 0xFFFF

    def _be(self):
        return self.carry & 0x10000 or not self.result & 0xFFFF

    def _s(self):
        return self.result & SIGN

    def _p(self):
        return self.parity

    def _l(self):
        return bool(self.result & SIGN) != self.overflow

    def _le(self):
        return not self.result & 0xFFFF or bool(self.result & SIGN) != self.overflow
