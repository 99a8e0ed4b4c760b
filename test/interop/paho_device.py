"""A device that knows nothing but the documented topics: registers with DPS over MQTT, then talks to its hub.

Arguments: JSON with host, port, idScope, registrationId, ca, chain, key. Prints JSON; with outcomeOnly, whether it
registers: "registers" or "fails", and leaves the hub out.
"""
import json
import queue
import ssl
import sys

import paho.mqtt.client as mqtt

given = json.loads(sys.argv[1])


def connect(host, port, client_id, user_name):
    arguments = {"client_id": client_id, "protocol": mqtt.MQTTv311}
    if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
        arguments["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION1
    client = mqtt.Client(**arguments)
    client.username_pw_set(user_name)
    context = ssl.create_default_context(cafile=given["ca"])
    context.load_cert_chain(given["chain"], given["key"])
    client.tls_set_context(context)
    events = queue.Queue()
    client.on_connect = lambda _client, _data, _flags, code: events.put(("connected", code))
    client.on_subscribe = lambda _client, _data, _id, granted: events.put(("subscribed", list(granted)))
    client.on_publish = lambda _client, _data, _id: events.put(("acknowledged", None))
    client.on_message = lambda _client, _data, message: events.put(
        (message.topic, message.payload.decode()))
    client.connect(host, port)
    client.loop_start()
    return client, events


def wait(events, wanted):
    """The next event whose name begins so; others are left out."""
    while True:
        name, value = events.get(timeout=20)
        if name.startswith(wanted):
            return name, value


if given.get("outcomeOnly"):
    # What an application sees that leaves connections to paho.
    def fails(*_):
        print("fails", flush=True)
        import os
        os._exit(0)
    sys.excepthook = fails

result = {}
registration_id, scope = given["registrationId"], given["idScope"]
client, events = connect(given["host"], given["port"], registration_id,
                         f"{scope}/registrations/{registration_id}/api-version=2019-03-31")
result["dpsConnect"] = wait(events, "connected")[1]
client.subscribe("$dps/registrations/res/#", qos=1)
result["dpsSubscribe"] = wait(events, "subscribed")[1]
client.publish("$dps/registrations/PUT/iotdps-register/?$rid=1",
               json.dumps({"registrationId": registration_id}), qos=1)
topic, reply = wait(events, "$dps/")
result["registerTopic"] = topic
operation = json.loads(reply)
if "operationId" in operation:
    client.publish("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId="
                   + operation["operationId"], " ", qos=1)
    topic, reply = wait(events, "$dps/")
    result["pollTopic"] = topic
    operation = json.loads(reply)
result["operation"] = operation
client.disconnect()
client.loop_stop()

state = operation.get("registrationState")
if given.get("outcomeOnly"):
    print("registers" if operation.get("status") == "assigned" else "fails", flush=True)
elif state:
    hub, device_id = state["assignedHub"], state["deviceId"]
    host, _, port = hub.partition(":")
    client, events = connect(host, int(port or 8883), device_id, f"{hub}/{device_id}/?api-version=2021-04-12")
    result["hubConnect"] = wait(events, "connected")[1]
    client.subscribe("$iothub/twin/res/#")
    wait(events, "subscribed")
    client.publish("$iothub/twin/GET/?$rid=7", "")
    topic, reply = wait(events, "$iothub/twin/res/")
    result["twinTopic"], result["twin"] = topic, json.loads(reply)
    client.publish("$iothub/twin/PATCH/properties/reported/?$rid=8", json.dumps({"temperature": 21}))
    result["reportedTopic"] = wait(events, "$iothub/twin/res/")[0]
    while not events.empty():
        events.get()
    client.publish(f"devices/{device_id}/messages/events/%24.ct=application%2Fjson&a=b", '{"t":21}', qos=1)
    wait(events, "acknowledged")
    result["telemetry"] = "acknowledged"
    client.disconnect()
    client.loop_stop()

if not given.get("outcomeOnly"):
    print(json.dumps(result))
