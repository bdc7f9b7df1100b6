"""Acknowledges an order by the topics, and waits for what becomes of it:
acknowledge_topic.py BROKERS PREFIX ORDER JURISDICTION"""
import json
import sys
import time
from datetime import datetime, timezone

from confluent_kafka import Consumer, Producer

brokers, prefix, order, body = sys.argv[1:]
actor = {"jurisdiction": body, "role": "officer", "name": "duty officer"}
command = {"id": f"outside-{order}", "actor": actor, "status": "actual", "command": "acknowledge",
           "given_at": datetime.now(timezone.utc).isoformat(), "body": {"order": order}}
producer = Producer({"bootstrap.servers": brokers})
producer.produce(f"{prefix}.commands", json.dumps(command), key=body)
assert producer.flush(30) == 0
consumer = Consumer({"bootstrap.servers": brokers, "group.id": body,
                     "isolation.level": "read_committed", "auto.offset.reset": "earliest"})
consumer.subscribe([f"{prefix}.matters.{body}"])
end = time.monotonic() + 120
while time.monotonic() < end:
    message = consumer.poll(1)
    if message is None or message.error():
        continue
    matter = json.loads(message.value())
    if matter["type"] in ("order_acknowledged", "command_refused"):
        print(json.dumps(matter))
        break
consumer.close()
