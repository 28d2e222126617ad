"""Recordings of real systems, played against the emulators: `labkit replay`."""
