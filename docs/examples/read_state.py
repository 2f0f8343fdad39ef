#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what a state file of motionheatmap holds: read_state.py FILE"""
import hashlib
import sys
import zlib

from gi.repository import GLib


def read_state(path):
    """The fields as a dictionary. `counts` becomes a list of numbers, row by row."""
    with open(path, "rb") as file:
        if file.readline() != b"motionheatmap-state 1\n":
            raise ValueError("not a state file of version 1")
        checksum = file.readline().decode().rstrip("\n")
        body = file.read()
    if hashlib.sha256(body).hexdigest() != checksum:
        raise ValueError("the checksum does not match")
    fields = GLib.Variant.new_from_bytes(GLib.VariantType("a{sv}"), GLib.Bytes.new(body), False)
    if sys.byteorder == "big":
        fields = fields.byteswap()
    state = fields.unpack()
    planes = zlib.decompress(bytes(state["counts"]))
    area = state["width"] * state["height"]
    counts = [planes[i::area] for i in range(area)]
    state["counts"] = [int.from_bytes(count, "little") for count in counts]
    return state


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name, value in read_state(sys.argv[1]).items():
        if name == "counts":
            name, value = "hottest pixel", max(value)
        print(f"{name}: {value}")
