"""Prints the messages of a topic that have an id of a registry: read_registry.py BROKERS TOPIC URL"""
import sys

from confluent_kafka import Consumer, KafkaError
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

brokers, topic, url = sys.argv[1:]
deserializer = AvroDeserializer(SchemaRegistryClient({"url": url}))
consumer = Consumer({"bootstrap.servers": brokers, "group.id": "outside",
                     "auto.offset.reset": "earliest", "enable.partition.eof": True})
ended = set()
consumer.subscribe([topic])
partitions = len(consumer.list_topics(topic, 30).topics[topic].partitions)
while len(ended) < partitions:
    message = consumer.poll(1)
    if message is None:
        continue
    if message.error():
        assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
        ended.add(message.partition())
    elif message.value()[:1] == b"\0":
        print(deserializer(message.value(), SerializationContext(topic, MessageField.VALUE)))
consumer.close()
