// Creates an enrollment group with the settings of your plan. Written by enrollkit; run it against Azure, or against
// "enrollkit emulator start --standard-ports": the client accepts no port in a connection string.
//
// Java 11 or later, with this of Maven:
//   com.microsoft.azure.sdk.iot.provisioning:provisioning-service-client:2.0.3
// and the connection string in the environment, since it is a secret:
//   export DPS_CONNECTION_STRING='HostName=...;SharedAccessKeyName=...;SharedAccessKey=...'
//
// For the emulator, "enrollkit emulator env --for java" prints it, and how to trust the emulator's root. The service
// refuses to create a group that exists.
import com.google.gson.Gson;
import com.microsoft.azure.sdk.iot.provisioning.service.ProvisioningServiceClient;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.AllocationPolicy;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.Attestation;
{{#webhookUrl}}
import com.microsoft.azure.sdk.iot.provisioning.service.configs.CustomAllocationDefinition;
{{/webhookUrl}}
import com.microsoft.azure.sdk.iot.provisioning.service.configs.DeviceCapabilities;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.EnrollmentGroup;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.ProvisioningStatus;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.ReprovisionPolicy;
{{#initialTwin}}
import com.microsoft.azure.sdk.iot.provisioning.service.configs.TwinCollection;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.TwinState;
{{/initialTwin}}
import com.microsoft.azure.sdk.iot.provisioning.service.configs.X509Attestation;
{{#signer}}
import java.nio.file.Files;
import java.nio.file.Path;
{{/signer}}
{{#iotHubsJson}}
import java.util.List;
{{/iotHubsJson}}
import java.util.Locale;

public class EnrollGroup {
    public static void main(String[] arguments) throws Exception {
        String connectionString = System.getenv("DPS_CONNECTION_STRING");
        if (connectionString == null || connectionString.isEmpty()) {
            System.err.println("Set DPS_CONNECTION_STRING to the connection string of your provisioning service.");
            System.exit(1);
        }
{{#caName}}
        // The CA certificate is uploaded and verified; the group refers to it by name.
        Attestation attestation = X509Attestation.createFromCAReferences({{caName}});
{{/caName}}
{{#signer}}
        Attestation attestation = X509Attestation.createFromRootCertificates(Files.readString(Path.of({{signer}})));
{{/signer}}
        EnrollmentGroup group = new EnrollmentGroup({{groupId}}, attestation);
        group.setProvisioningStatus(ProvisioningStatus.valueOf({{provisioningStatus}}.toUpperCase(Locale.ROOT)));
        // The members of the enumeration are the words of the service.
        group.setAllocationPolicy(new Gson().fromJson(new Gson().toJson({{allocationPolicy}}), AllocationPolicy.class));
        ReprovisionPolicy policy = new ReprovisionPolicy();
        policy.setUpdateHubAssignment({{updateHubAssignment}});
        policy.setMigrateDeviceData({{migrateDeviceData}});
        group.setReprovisionPolicy(policy);
        DeviceCapabilities capabilities = new DeviceCapabilities();
        capabilities.setIotEdge({{iotEdge}});
        group.setCapabilities(capabilities);
{{#webhookUrl}}
        CustomAllocationDefinition webhook = new CustomAllocationDefinition();
        webhook.setWebhookUrl({{webhookUrl}});
        webhook.setApiVersion({{webhookApiVersion}});
        group.setCustomAllocationDefinition(webhook);
{{/webhookUrl}}
{{#iotHubsJson}}
        group.setIotHubs(List.of(new Gson().fromJson({{iotHubsJson}}, String[].class)));
{{/iotHubsJson}}
{{#initialTwin}}
        group.setInitialTwin(new TwinState(
            new Gson().fromJson({{tagsJson}}, TwinCollection.class),
            new Gson().fromJson({{desiredJson}}, TwinCollection.class)));
{{/initialTwin}}
        EnrollmentGroup created = new ProvisioningServiceClient(connectionString).createOrUpdateEnrollmentGroup(group);
        System.out.println("created " + created.getEnrollmentGroupId());
    }
}
