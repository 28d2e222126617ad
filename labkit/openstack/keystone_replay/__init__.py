"""Plays what the real Keystone was asked and answered against ours: see player.py."""
