"""Reads messages from standard input, one JSON object each (headers, key, body), as CloudEvents in
binary mode, and prints their attributes."""
import json
import re
import sys

from cloudevents.conversion import to_dict
from cloudevents.kafka import KafkaMessage, from_binary

for line in sys.stdin:
    message = json.loads(line)
    headers = {name: value.encode() for name, value in message["headers"].items()}
    event = from_binary(KafkaMessage(headers, message["key"], message["body"].encode()))
    attributes = event.get_attributes()
    for name in attributes:
        assert re.fullmatch("[a-z0-9]{1,20}", name), name
    assert event.get_data() == json.loads(message["body"]), "the body is another one"
    print(json.dumps(to_dict(event)))
