# Registers a device with DPS by its certificate, and prints the hub that it is assigned to.
{{#telemetry}}
# Then it sends a message to that hub.
{{/telemetry}}
# Written by enrollkit; run it against Azure, or against "enrollkit emulator start --standard-ports".
#
#   python3 -m pip install azure-iot-device==2.14.0
#   python3 {{>program}}
#
# The client always connects to port 8883.
{{#telemetry}}
import json
{{/telemetry}}
import sys

{{#telemetry}}
from azure.iot.device import X509, IoTHubDeviceClient, Message, ProvisioningDeviceClient
{{/telemetry}}
{{^telemetry}}
from azure.iot.device import X509, ProvisioningDeviceClient
{{/telemetry}}

REGISTRATION_ID = {{registrationId}}

# The chain: the certificate of the device first, then its issuers.
x509 = X509(cert_file={{chain}}, key_file={{key}})
options = {}
{{#trust}}
with open({{trust}}) as root:
    options["server_verification_cert"] = root.read()
{{/trust}}

provisioning = ProvisioningDeviceClient.create_from_x509_certificate(
    provisioning_host={{provisioningHost}},
    id_scope={{idScope}},
    registration_id=REGISTRATION_ID,
    x509=x509,
    **options,
)
result = provisioning.register()
state = result.registration_state
if result.status != "assigned":
    sys.exit(f"{result.status}: {getattr(state, 'error_code', '')} {getattr(state, 'error_message', '')}")
print("assigned", state.assigned_hub, state.device_id)
{{#telemetry}}

hub = IoTHubDeviceClient.create_from_x509_certificate(
    x509=x509, hostname=state.assigned_hub, device_id=state.device_id, **options
)
hub.connect()
message = Message(json.dumps({"temperature": 21.5}))
message.content_type = "application/json"
message.content_encoding = "utf-8"
hub.send_message(message)
print("sent")
hub.shutdown()
{{/telemetry}}
