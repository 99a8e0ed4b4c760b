# Creates an enrollment group with the settings of your plan, with Microsoft's newer client for Python, a preview.
# Written by enrollkit; run it against Azure, or against "enrollkit emulator start".
#
#   python3 -m pip install azure-iot-deviceprovisioning==1.0.0b1
#   export DPS_CONNECTION_STRING='HostName=...;SharedAccessKeyName=...;SharedAccessKey=...'
#   python3 {{>program}}
#
# The connection string is a secret, so it comes from the environment. For the emulator, "enrollkit emulator env"
# prints it. The service refuses to create a group that exists.
import os
import sys

from azure.core.exceptions import HttpResponseError
from azure.iot.deviceprovisioning import DeviceProvisioningClient

{{#trust}}
# The root of the emulator, which the client's HTTP library reads.
os.environ.setdefault("REQUESTS_CA_BUNDLE", {{trust}})

{{/trust}}
connection_string = os.environ.get("DPS_CONNECTION_STRING")
if not connection_string:
    sys.exit("Set DPS_CONNECTION_STRING to the connection string of your provisioning service.")

GROUP_ID = {{groupId}}
GROUP = {{group}}

service = DeviceProvisioningClient.from_connection_string(connection_string)
try:
    created = service.enrollment_group.create_or_update(
        id=GROUP_ID,
        enrollment_group=GROUP,
    )
except HttpResponseError as error:
    sys.exit(f"The service refused the group: {error.message}")
print("created", created["enrollmentGroupId"])
