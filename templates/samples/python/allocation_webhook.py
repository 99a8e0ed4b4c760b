# A webhook for custom allocation: decides which IoT hub a device is assigned to. Needs Python only.
#
#   python3 {{>program}} [PORT]            (default: 7071)
#   enrollkit quickstart --yes --allocation-policy custom --webhook-url http://127.0.0.1:7071/
#
# A device that sends {"site": "..."} as its payload goes to the first hub whose name contains the site; any other goes
# to a hub by its registration ID. Put your own rule into allocate. On Azure, run it as an Azure function, behind https.
#
# Source: Microsoft Learn, "Understand custom allocation policies with Azure IoT Hub Device Provisioning Service".
import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_BYTES = 256 * 1024


def allocate(request):
    """The host name of one of the linked hubs, and optionally an initial twin and a payload."""
    device, hubs = request["deviceRuntimeContext"], request["linkedHubs"]
    payload = device.get("payload")
    site = payload.get("site") if isinstance(payload, dict) else None
    chosen = next((hub for hub in hubs if isinstance(site, str) and site and site.lower() in hub.lower()), None)
    if chosen is None:
        number = int.from_bytes(hashlib.sha256(device["registrationId"].encode()).digest()[:4], "big")
        chosen = hubs[number % len(hubs)]
    return {"iotHubHostName": chosen}


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BYTES:
            return self.answer(413, {"message": "The request is too large."})
        try:
            answer = allocate(json.loads(self.rfile.read(length)))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            return self.answer(400, {"message": "deviceRuntimeContext.registrationId and linkedHubs are required."})
        self.answer(200, answer)

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 7071), Webhook)
    print(f"Listening on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
