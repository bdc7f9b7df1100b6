"""Reads an Atom feed with feedparser, and prints what it found as JSON."""
import json
import sys

import feedparser

feed = feedparser.parse(sys.argv[1])
entries = [{"id": it.id, "title": it.title, "link": it.links[0].href} for it in feed.entries]
print(json.dumps({"bozo": bool(feed.bozo), "id": feed.feed.id, "entries": entries}))
