"""What EnrollmentGroup.py uses of azure-iothub-provisioningserviceclient 1.2.0, with its names and its parameters.

Source: Azure/azure-iot-sdk-python, branch v1-deprecated, provisioning_service_client/provisioningserviceclient, and
msrest, whose models send what their attribute map has, and nothing else. It sends nothing: it prints the JSON.
"""
import json
import sys
import types


class Model(object):
    _attribute_map = {}

    def __init__(self, **named):
        for name in named:
            if name not in self._attribute_map:
                raise TypeError("unexpected " + name)
        for name in self._attribute_map:
            setattr(self, name, named.get(name))

    def serialize(self):
        sent = {}
        for name, entry in self._attribute_map.items():
            value = getattr(self, name)
            if value is None:
                continue
            sent[entry["key"]] = value.serialize() if isinstance(value, Model) else value
        return sent


def attributes(**keys):
    return {name: {"key": key, "type": "str"} for name, key in keys.items()}


class DeviceCapabilities(Model):
    _attribute_map = attributes(iot_edge="iotEdge")

    def __init__(self, iot_edge=False):
        super(DeviceCapabilities, self).__init__(iot_edge=iot_edge)


class ReprovisionPolicy(Model):
    _attribute_map = attributes(
        update_hub_assignment="updateHubAssignment", migrate_device_data="migrateDeviceData"
    )

    def __init__(self, update_hub_assignment=True, migrate_device_data=True):
        super(ReprovisionPolicy, self).__init__(
            update_hub_assignment=update_hub_assignment, migrate_device_data=migrate_device_data
        )


class AttestationMechanism(Model):
    _attribute_map = attributes(type="type", x509="x509")

    @classmethod
    def create_with_x509_signing_certs(cls, cert1, cert2=None):
        return cls(type="x509", x509={"signingCertificates": {"primary": {"certificate": cert1}}})

    @classmethod
    def create_with_x509_ca_refs(cls, ref1, ref2=None):
        return cls(type="x509", x509={"caReferences": {"primary": ref1}})


class InitialTwin(object):
    def __init__(self, tags=None, desired_properties=None):
        self.sent = {"tags": tags, "properties": {"desired": desired_properties}}

    @classmethod
    def create(cls, tags=None, desired_properties=None):
        return cls(tags=tags, desired_properties=desired_properties)


class EnrollmentGroup(Model):
    _attribute_map = attributes(
        enrollment_group_id="enrollmentGroupId",
        attestation="attestation",
        iot_hub_host_name="iotHubHostName",
        initial_twin="initialTwin",
        etag="etag",
        provisioning_status="provisioningStatus",
        reprovision_policy="reprovisionPolicy",
        allocation_policy="allocationPolicy",
        iot_hubs="iotHubs",
        custom_allocation_definition="customAllocationDefinition",
    )

    @classmethod
    def create(
        cls,
        enrollment_group_id,
        attestation,
        iot_hub_host_name=None,
        initial_twin=None,
        provisioning_status="enabled",
        reprovision_policy=None,
        allocation_policy=None,
        iot_hubs=None,
        custom_allocation_definition=None,
    ):
        return cls(
            enrollment_group_id=enrollment_group_id,
            attestation=attestation,
            iot_hub_host_name=iot_hub_host_name,
            initial_twin=initial_twin,
            provisioning_status=provisioning_status,
            reprovision_policy=reprovision_policy,
            allocation_policy=allocation_policy,
            iot_hubs=iot_hubs,
            custom_allocation_definition=custom_allocation_definition,
        )


class ProvisioningServiceClient(object):
    @classmethod
    def create_from_connection_string(cls, connection_string):
        if len(connection_string.split(";")) != 3:
            raise ValueError("Too many or too few values in the connection string")
        return cls()

    def create_or_update(self, provisioning_model):
        if not isinstance(provisioning_model, EnrollmentGroup):
            raise TypeError("given object must be IndividualEnrollment or EnrollmentGroup")
        if provisioning_model.initial_twin:
            provisioning_model.initial_twin = provisioning_model.initial_twin.sent
        sys.stderr.write(json.dumps(provisioning_model.serialize()) + "\n")
        return provisioning_model


models = types.ModuleType("provisioningserviceclient.models")
for model in (AttestationMechanism, DeviceCapabilities, EnrollmentGroup, InitialTwin, ReprovisionPolicy):
    setattr(models, model.__name__, model)
sys.modules[models.__name__] = models
