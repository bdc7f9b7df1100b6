"""A receiver that knows deploy/webhooks.md: webhook.py SECRET COUNT. It prints its address, then
position and type of each record, until so many have come."""
import http.server
import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

webhook, count, last = Webhook(sys.argv[1]), int(sys.argv[2]), -1


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global last
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            webhook.verify(body, dict(self.headers))
            record = json.loads(body)
            if record["position"] > last:  # Else it comes a second time.
                last = record["position"]
                print(last, record["type"], flush=True)
        except WebhookVerificationError:
            return self.send_error(401)
        self.send_response(204)
        self.end_headers()

server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
while last + 1 < count:
    server.handle_request()
