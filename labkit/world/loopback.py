"""Serving real clients from this machine alone: a socket on 127.0.0.1, and what a command line says about it."""

import argparse
import sys

HOST = "127.0.0.1"


def port(text):
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"a TCP port is 0…65535, not {number}")
    return number


def positive(text):
    number = float(text)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"a speed is above 0 and below a million, not {text}")
    return number


def listening(number):
    """A socket that listens on loopback only: taken before anything else, so that a busy port is known at once."""
    import socket

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, number))
    return listener


def end(signum, frame):
    """SIGTERM ends the server as Ctrl-C does."""
    raise SystemExit(0)


def refuse(what, cure):
    print(f"labkit serve: {what} – {cure}", file=sys.stderr)
    return 1
