"""A device that sends one message with python3-uamqp, whose core is Azure's AMQP library for C: SASL MSSBCBS, then $cbs."""
import base64
import hashlib
import hmac
import json
import sys
import time
import urllib.parse

import uamqp
from uamqp import authentication

given = json.loads(sys.argv[1])
host, device_id = given["host"], given["deviceId"]
resource = "%s/devices/%s" % (host, device_id)
expiry = int(time.time()) + 3600
quoted = urllib.parse.quote(resource, safe="")
digest = hmac.new(
    base64.b64decode(given["key"]), ("%s\n%d" % (quoted, expiry)).encode(), hashlib.sha256
).digest()
signature = urllib.parse.quote(base64.b64encode(digest), safe="")
token = "SharedAccessSignature sr=%s&sig=%s&se=%d" % (quoted, signature, expiry)
auth = authentication.SASTokenAuth(
    resource,
    "amqps://%s" % resource,
    token,
    expires_at=expiry,
    port=given["port"],
    verify=given["ca"],
    token_type=b"servicebus.windows.net:sastoken",
)
client = uamqp.SendClient(
    "amqps://%s:%d/devices/%s/messages/events" % (host, given["port"], device_id), auth=auth
)
client.queue_message(uamqp.Message(b"hello from uAMQP"))
states = client.send_all_messages()
client.close()
print(json.dumps([state.name for state in states]))
