# Creates an enrollment group with the settings of your plan: what "enrollkit quickstart" does, in the words of
# Microsoft's Python quickstart. Written by enrollkit; run it against Azure, or against "enrollkit emulator start".
#
#   python3 -m pip install azure-iothub-provisioningserviceclient==1.2.0
#   export DPS_CONNECTION_STRING='HostName=...;SharedAccessKeyName=...;SharedAccessKey=...'
#   python3 {{>program}}
#
# The connection string is a secret, so it comes from the environment. For the emulator, "enrollkit emulator env"
# prints it, and REQUESTS_CA_BUNDLE with it. The service refuses to create a group that exists: delete it first
# (enrollkit group delete), or choose another GROUP_ID.
import os
import sys

from provisioningserviceclient import ProvisioningServiceClient
from provisioningserviceclient.models import (
    AttestationMechanism,
    DeviceCapabilities,
    EnrollmentGroup,
    InitialTwin,
    ReprovisionPolicy,
)

connection_string = os.environ.get("DPS_CONNECTION_STRING")
if not connection_string:
    sys.exit("Set DPS_CONNECTION_STRING to the connection string of your provisioning service.")

GROUP_ID = {{groupId}}
IOT_EDGE = {{iotEdge}}

# This client is of 2018 and does not know that a group has capabilities: without this it would not send them.
getattr(EnrollmentGroup, "_attribute_map", {}).setdefault(
    "capabilities", {"key": "capabilities", "type": "DeviceCapabilities"}
)

service = ProvisioningServiceClient.create_from_connection_string(connection_string)

{{#caName}}
# The CA certificate is uploaded and verified; the group refers to it by name.
attestation = AttestationMechanism.create_with_x509_ca_refs({{caName}})
{{/caName}}
{{#signer}}
with open({{signer}}) as certificate:
    attestation = AttestationMechanism.create_with_x509_signing_certs(certificate.read())
{{/signer}}

group = EnrollmentGroup.create(
    GROUP_ID,
    attestation=attestation,
{{#initialTwin}}
    initial_twin=InitialTwin.create(
        tags={{tags}},
        desired_properties={{desired}},
    ),
{{/initialTwin}}
    provisioning_status={{provisioningStatus}},
    allocation_policy={{allocationPolicy}},
    iot_hubs={{iotHubs}},
    reprovision_policy=ReprovisionPolicy(
        update_hub_assignment={{updateHubAssignment}}, migrate_device_data={{migrateDeviceData}}
    ),
)
group.capabilities = DeviceCapabilities(iot_edge=IOT_EDGE)

created = service.create_or_update(group)
print(created)
if IOT_EDGE and not (created.capabilities and created.capabilities.iot_edge):
    sys.exit("The service created the group, but not for IoT Edge devices. Change that in the portal.")
