"""labkit.world: time, randomness, links and messages, faults, trace."""

from labkit.world.errors import LabError, Unanswered
from labkit.world.journal import action
from labkit.world.message import SILENT, Message, Reply
from labkit.world.node import Node
from labkit.world.trace import Event, Trace
from labkit.world.world import World

__all__ = ["LabError", "Unanswered", "action", "SILENT", "Message", "Reply", "Node", "Event", "Trace", "World"]
