"""Checks the signatures of messages: verify_order.py PUBLIC-KEY-FILE < MESSAGES, one JSON a line.
The format is in schemas/README.md; the key is what `airshed key new` writes to FILE.pub."""
import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

name, key_id, encoded = open(sys.argv[1]).read().strip().split("+", 2)
raw = base64.b64decode(encoded)
assert hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] == key_id, "a damaged key"
key = Ed25519PublicKey.from_public_bytes(raw[1:])

for line in sys.stdin:
    message = json.loads(line)
    signature = message.pop("signature")
    assert signature["key"] == f"{name}+{key_id}", "signed by another key"
    content = json.dumps(message, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    epoch = message.get("epoch", "-")
    text = f"airshed message v1\n{name}\n{message['position']}\n{epoch}\n{digest}\n"
    key.verify(base64.b64decode(signature["ed25519"]), text.encode())
    print(message.get("order", message.get("type")), message["position"])
