"""Keystone, OpenStack's identity service: who you are, where you may act, and where the other services live."""

from labkit.openstack.keystone.fernet import KeyRepository
from labkit.openstack.keystone.keystone import Keystone

__all__ = ["KeyRepository", "Keystone"]
