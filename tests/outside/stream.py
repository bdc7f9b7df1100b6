"""Follows the events until there are so many, and connects again behind the last one whenever the
stream ends: stream.py URL COUNT"""
import sys
import time

import httpx

url, count = sys.argv[1], int(sys.argv[2])
last, seen, end = None, 0, time.monotonic() + 120
while seen < count and time.monotonic() < end:
    headers = {} if last is None else {"Last-Event-ID": last}
    query = "?from_start=true" if last is None else ""
    try:
        with httpx.stream("GET", f"{url}/v1/events{query}", headers=headers) as stream:
            stream.raise_for_status()
            for line in stream.iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    last = value
                elif name == "event":
                    print(last, value, flush=True)
                    seen += 1
                if seen == count:
                    break
    except httpx.HTTPError:
        time.sleep(0.2)
