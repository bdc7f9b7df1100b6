"""Follows the orders of a city until the first is there: orders.py BROKERS TOPIC [GROUP]"""
import json
import sys
import time

from confluent_kafka import Consumer

brokers, topic, group = (sys.argv[1:] + ["outside"])[:3]
consumer = Consumer({
    "bootstrap.servers": brokers,
    "group.id": group,
    "isolation.level": "read_committed",
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
})
consumer.subscribe([topic])
last_epoch, end = 0, time.monotonic() + 120
while time.monotonic() < end:
    message = consumer.poll(1)
    if message is None or message.error():
        continue
    headers = dict(message.headers())
    if int(headers["epoch"]) > last_epoch:
        last_epoch = int(headers["epoch"])
        order = json.loads(message.value())
        assert headers["ce_subject"] == message.key() == order["jurisdiction"].encode()
        print(json.dumps(order))
        break
consumer.close()
