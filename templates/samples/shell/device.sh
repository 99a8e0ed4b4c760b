#!/usr/bin/env bash
# Registers a device with DPS by its certificate, and prints the hub that it is assigned to.
{{#telemetry}}
# Then it sends a message to that hub.
{{/telemetry}}
# Written by enrollkit; run it against Azure, or against "enrollkit emulator start".
#
{{#telemetry}}
#   apt install curl mosquitto-clients
{{/telemetry}}
{{^telemetry}}
#   apt install curl
{{/telemetry}}
#   bash {{>program}}
set -euo pipefail

id_scope={{idScope}}
registration_id={{registrationId}}
# The chain: the certificate of the device first, then its issuers.
chain={{chain}}
key={{key}}
{{#trust}}
trust={{trust}}
{{/trust}}
# curl takes what follows a colon for a passphrase.
certificate=${chain//\\/\\\\}
certificate=${certificate//:/\\:}
url={{httpsUrl}}/$id_scope/registrations/$registration_id
version=2021-06-01

# A request of the device: method, URL, body. Prints the body of the answer, and the status on a line of its own.
ask() {
  curl --silent --show-error --globoff --max-time 60 \
{{#trust}}
    --cacert "$trust" \
{{/trust}}
    --cert "$certificate" --key "$key" --request "$1" ${3:+--data "$3"} \
    --header 'content-type: application/json' --write-out '\n%{http_code}\n' "$2"
}
# The text of a member of the JSON on standard input.
member() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1; }

answer=$(ask PUT "$url/register?api-version=$version" "{\"registrationId\":\"$registration_id\"}")
operation=$(member operationId <<<"$answer")
while [ "$(tail -n 1 <<<"$answer")" = 202 ] || [ "$(member status <<<"$answer")" = assigning ]; do
  sleep 2
  answer=$(ask GET "$url/operations/$operation?api-version=$version")
done
hub=$(member assignedHub <<<"$answer")
device_id=$(member deviceId <<<"$answer")
if [ -z "$hub" ]; then
  echo "DPS did not assign the device: $answer" >&2
  exit 1
fi
echo "assigned $hub $device_id"
{{#telemetry}}

# Over MQTT; the host name of a hub of the emulator may have a port.
host=${hub%%:*}
port=${hub##*:}
[ "$port" != "$hub" ] || port=8883
mosquitto_pub --host "$host" --port "$port" --id "$device_id" \
  --username "$hub/$device_id/?api-version=2021-04-12" --protocol-version mqttv311 --qos 1 \
  --cert "$chain" --key "$key" \
{{#trust}}
  --cafile "$trust" \
{{/trust}}
{{^trust}}
  --tls-use-os-certs \
{{/trust}}
  --topic "devices/$device_id/messages/events/\$.ct=application%2Fjson&\$.ce=utf-8" --message '{"temperature":21.5}'
echo sent
{{/telemetry}}
