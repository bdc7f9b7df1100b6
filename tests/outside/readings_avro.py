"""Sends PM2.5 and PM10 of each station for an hour, in Avro:
readings_avro.py BROKERS TOPIC SCHEMA STATIONS.csv HOUR TENTHS"""
import csv
import io
import json
import sys
from datetime import datetime

import fastavro
from confluent_kafka import Producer

brokers, topic, file, stations, hour, tenths = sys.argv[1:]
schema = json.load(open(file, encoding="utf-8"))
canonical = fastavro.schema.to_parsing_canonical_form(schema)
fingerprint = bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))
with open(stations, encoding="utf-8") as rows:
    in_use = [it["code"] for it in csv.DictReader(rows) if not it["stop"]]
readings = [{"station": it, "pollutant": pollutant, "value_tenths_ug_m3": int(tenths)}
            for it in in_use for pollutant in ("PM25", "PM10")]
end = int(datetime.fromisoformat(hour).timestamp() * 1000)
message = io.BytesIO()
message.write(b"\xc3\x01" + fingerprint)
datum = {"hours": [{"hour": end, "readings": readings}]}
fastavro.schemaless_writer(message, fastavro.parse_schema(schema), datum)
producer = Producer({"bootstrap.servers": brokers})
producer.produce(topic, message.getvalue())
assert producer.flush(30) == 0
