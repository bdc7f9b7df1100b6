"""Posts PM2.5 and PM10 of each station for an hour, and one reading of a station that there is not:
readings.py URL STATIONS.csv HOUR TENTHS"""
import csv
import sys

import httpx

url, stations, hour, tenths = sys.argv[1:]
with open(stations, encoding="utf-8") as rows:
    in_use = [it["code"] for it in csv.DictReader(rows) if not it["stop"]]
readings = [
    {"station": it, "pollutant": pollutant, "value_tenths_ug_m3": int(tenths)}
    for it in in_use
    for pollutant in ("PM25", "PM10")
]
unknown = {"station": "none", "pollutant": "PM25", "value_tenths_ug_m3": 1}
body = {"hours": [{"hour": hour, "readings": readings + [unknown]}]}
answer = httpx.post(f"{url}/v1/readings", json=body)
assert answer.status_code == 201, answer.text
taken = answer.json()
assert taken["received"] == len(readings), taken
assert [it["body"]["reason"] for it in taken["refused"]] == ["unknown_station"], taken
print(taken["received"])
