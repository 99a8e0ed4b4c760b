# Registers a device with DPS by its certificate over plain MQTT, and prints the hub that it is assigned to.
{{#telemetry}}
# Then it sends a message to that hub.
{{/telemetry}}
# Written by enrollkit; run it against Azure, or against "enrollkit emulator start".
#
#   python3 -m pip install paho-mqtt==2.2.0
#   python3 {{>program}}
#
# Source: Microsoft Learn, "Communicate with DPS using the MQTT protocol" and "Communicate with an IoT hub using the
# MQTT protocol".
import json
import queue
import re
import ssl
import sys
import time

import paho.mqtt.client as mqtt

HOST, PORT = {{provisioningHost}}, {{mqttPort}}
ID_SCOPE = {{idScope}}
REGISTRATION_ID = {{registrationId}}
# The chain: the certificate of the device first, then its issuers.
CHAIN, KEY = {{chain}}, {{key}}
# None: the roots of the system.
TRUST = {{trust}}

TIMEOUT = 60


def connect(host, port, client_id, user_name):
    """A connected client, and the queue of what it receives: topic and text."""
    arguments = {"client_id": client_id, "protocol": mqtt.MQTTv311}
    if hasattr(mqtt, "CallbackAPIVersion"):  # since paho-mqtt 2
        arguments["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION1
    client = mqtt.Client(**arguments)
    client.username_pw_set(user_name)
    context = ssl.create_default_context(cafile=TRUST)
    context.load_cert_chain(CHAIN, KEY)
    client.tls_set_context(context)
    answers, connected = queue.Queue(), queue.Queue()
    client.on_connect = lambda _client, _data, _flags, code: connected.put(code)
    client.on_message = lambda _client, _data, message: answers.put((message.topic, message.payload.decode()))
    client.connect(host, port)
    client.loop_start()
    code = connected.get(timeout=TIMEOUT)
    if code != 0:
        sys.exit(f"{host} refused the connection: {mqtt.connack_string(code)}")
    return client, answers


def register():
    """What DPS answers in the end: status and registrationState, or errorCode and message."""
    user_name = f"{ID_SCOPE}/registrations/{REGISTRATION_ID}/api-version=2019-03-31"
    client, answers = connect(HOST, PORT, REGISTRATION_ID, user_name)
    client.subscribe("$dps/registrations/res/#", qos=1)
    topic = "$dps/registrations/PUT/iotdps-register/?$rid=1"
    body = json.dumps({"registrationId": REGISTRATION_ID})
    while True:
        client.publish(topic, body, qos=1)
        answer_topic, text = answers.get(timeout=TIMEOUT)
        answer = json.loads(text)
        if not answer_topic.startswith("$dps/registrations/res/202/"):
            client.disconnect()
            client.loop_stop()
            return answer
        wait = re.search(r"retry-after=(\d+)", answer_topic)
        time.sleep(int(wait.group(1)) if wait else 3)
        topic = f"$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId={answer['operationId']}"
        body = " "


answer = register()
state = answer.get("registrationState") or answer
if answer.get("status") != "assigned":
    sys.exit(f"{answer.get('status', 'refused')}: {state.get('errorCode')} {state.get('errorMessage') or state.get('message')}")
hub, device_id = state["assignedHub"], state["deviceId"]
print("assigned", hub, device_id)
{{#telemetry}}

host, _, port = hub.partition(":")
client, _ = connect(host, int(port or 8883), device_id, f"{hub}/{device_id}/?api-version=2021-04-12")
sent = client.publish(
    f"devices/{device_id}/messages/events/$.ct=application%2Fjson&$.ce=utf-8", json.dumps({"temperature": 21.5}), qos=1
)
sent.wait_for_publish()
print("sent")
client.disconnect()
client.loop_stop()
{{/telemetry}}
