"""Sends a forecast of heavy pollution, issued at an hour:
forecast.py BROKERS TOPIC SCHEMA HOUR JURISDICTION..."""
import io
import json
import sys
from datetime import datetime

import fastavro
from confluent_kafka import Producer

brokers, topic, file, hour, *jurisdictions = sys.argv[1:]
schema = json.load(open(file, encoding="utf-8"))
canonical = fastavro.schema.to_parsing_canonical_form(schema)
fingerprint = fastavro.schema.fingerprint(canonical, "CRC-64-AVRO")
issued_at = int(datetime.fromisoformat(hour).timestamp() * 1000)
hours = [{"says": "range", "lower_ug_m3": 230, "upper_ug_m3": 260}] * 96
forecast = {
    "issued_at": issued_at,
    "maker": "outside",
    "outlooks": [{"jurisdiction": it, "first": issued_at + 3_600_000, "hours": hours}
                 for it in jurisdictions],
}
message = io.BytesIO()
message.write(b"\xc3\x01" + bytes.fromhex(fingerprint))
fastavro.schemaless_writer(message, fastavro.parse_schema(schema), forecast)
producer = Producer({"bootstrap.servers": brokers})
producer.produce(topic, message.getvalue(), key="outside")
assert producer.flush(30) == 0
print(fingerprint)
