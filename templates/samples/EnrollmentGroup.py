# The enrollment group of this run, made by hand: what "enrollkit quickstart" did for you, in the words of
# Microsoft's Python quickstart. Written by enrollkit; run it against Azure, or against "enrollkit emulator start".
#
#   pip install azure-iot-provisioningserviceclient  (the module is called provisioningserviceclient)
#   export DPS_CONNECTION_STRING='HostName=...;SharedAccessKeyName=...;SharedAccessKey=...'
#   python3 EnrollmentGroup.py
#
# The connection string is a secret, so it comes from the environment. For the emulator, "enrollkit emulator env"
# prints it, and REQUESTS_CA_BUNDLE with it.
import os
import sys

from provisioningserviceclient import ProvisioningServiceClient
from provisioningserviceclient.models import AttestationMechanism, EnrollmentGroup, ReprovisionPolicy

connection_string = os.environ.get("DPS_CONNECTION_STRING")
if not connection_string:
    sys.exit("Set DPS_CONNECTION_STRING to the connection string of your provisioning service.")

GROUP_ID = "{{groupId}}"

service = ProvisioningServiceClient.create_from_connection_string(connection_string)

{{attestation}}

group = EnrollmentGroup.create(GROUP_ID, attestation=attestation)
group.provisioning_status = "{{provisioningStatus}}"
group.allocation_policy = "{{allocationPolicy}}"
group.reprovision_policy = ReprovisionPolicy(
    update_hub_assignment={{updateHubAssignment}}, migrate_device_data={{migrateDeviceData}}
)

print(service.create_or_update(group))
