"""Sends readings of stations for an hour by a schema that it registers, and prints its id:
readings_registry.py BROKERS TOPIC REGISTRY SCHEMA HOUR TENTHS STATION..."""
import sys
from datetime import datetime

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

brokers, topic, url, file, hour, tenths, *stations = sys.argv[1:]
readings = [{"station": it, "pollutant": "PM25", "value_tenths_ug_m3": int(tenths)}
            for it in stations]
serializer = AvroSerializer(SchemaRegistryClient({"url": url}), open(file, encoding="utf-8").read())
body = {"hours": [{"hour": datetime.fromisoformat(hour), "readings": readings}]}
message = serializer(body, SerializationContext(topic, MessageField.VALUE))
producer = Producer({"bootstrap.servers": brokers})
producer.produce(topic, message, partition=0)
assert producer.flush(30) == 0
print(int.from_bytes(message[1:5], "big"))
