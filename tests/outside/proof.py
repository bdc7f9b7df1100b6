"""Checks by SHA-256 (RFC 6962) that a checkpoint has each record of a bundle: proof.py BUNDLE"""
import base64
import json
import sys
from hashlib import sha256


def root(leaf, position, size, path):
    """The root of a tree of that size, by the path from one of its leaves."""
    node, last = sha256(b"\0" + leaf).digest(), size - 1
    for step in path:
        assert last > 0, "the path is too long"
        if position % 2 == 1 or position == last:
            node = sha256(b"\1" + step + node).digest()
            while position % 2 == 0 and position > 0:
                position, last = position // 2, last // 2
        else:
            node = sha256(b"\1" + node + step).digest()
        position, last = position // 2, last // 2
    assert last == 0, "the path is too short"
    return node


bundle = json.load(open(sys.argv[1], encoding="utf-8"))
origin, size, expected = bundle["checkpoint"].split("\n")[:3]
for it in bundle["records"]:
    path = [base64.b64decode(step) for step in it["proof"]]
    found = root(base64.b64decode(it["bytes"]), it["record"]["position"], int(size), path)
    assert found == base64.b64decode(expected), it["record"]["position"]
print(len(bundle["records"]), origin, size)
