"""labkit: a small world in which a cloud's systems live, to be operated by students in notebooks."""

__version__ = "0.1.0"
