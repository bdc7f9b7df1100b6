"""Acknowledges an order over HTTP, twice: acknowledge_http.py URL ORDER JURISDICTION"""
import json
import sys
from datetime import datetime, timezone

import httpx

url, order, jurisdiction = sys.argv[1:]
command = {
    "id": f"outside-{order}",
    "actor": {"jurisdiction": jurisdiction, "role": "officer", "name": "duty officer"},
    "given_at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
    "status": "actual",
    "command": "acknowledge",
    "body": {"order": order},
}
first = httpx.post(f"{url}/v1/commands", json=command)
assert first.status_code == 201, first.text
again = httpx.post(f"{url}/v1/commands", json=command)
assert (again.status_code, again.json()) == (200, first.json()), again.text
command["actor"]["name"] = "another officer"
other = httpx.post(f"{url}/v1/commands", json=command)
assert other.status_code == 409, other.text
assert other.headers["content-type"] == "application/problem+json"
print(json.dumps(first.json()))
