// Creates an enrollment group with the settings of your plan. Written by enrollkit; run it against Azure, or against
// "enrollkit emulator start".
//
//   dotnet new console --output enroll-group && cd enroll-group     (put this file in the place of Program.cs)
//   dotnet add package Microsoft.Azure.Devices.Provisioning.Service --version 1.18.4
//   export DPS_CONNECTION_STRING='HostName=...;SharedAccessKeyName=...;SharedAccessKey=...'
//   dotnet run
//
// The connection string is a secret, so it comes from the environment. For the emulator, "enrollkit emulator env
// --for csharp" prints it, and how to trust the emulator's root. The service refuses to create a group that exists.
using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using Microsoft.Azure.Devices.Provisioning.Service;
using Microsoft.Azure.Devices.Shared;

internal static class Program
{
    private static async Task<int> Main()
    {
        string connectionString = Environment.GetEnvironmentVariable("DPS_CONNECTION_STRING");
        if (string.IsNullOrEmpty(connectionString))
        {
            Console.Error.WriteLine("Set DPS_CONNECTION_STRING to the connection string of your provisioning service.");
            return 1;
        }
{{#caName}}
        // The CA certificate is uploaded and verified; the group refers to it by name.
        Attestation attestation = X509Attestation.CreateFromCAReferences({{caName}});
{{/caName}}
{{#signer}}
        Attestation attestation = X509Attestation.CreateFromRootCertificates(File.ReadAllText({{signer}}));
{{/signer}}
        var group = new EnrollmentGroup({{groupId}}, attestation)
        {
            ProvisioningStatus = (ProvisioningStatus)Enum.Parse(typeof(ProvisioningStatus), {{provisioningStatus}}, true),
            AllocationPolicy = (AllocationPolicy)Enum.Parse(typeof(AllocationPolicy), {{allocationPolicy}}, true),
            ReprovisionPolicy = new ReprovisionPolicy
            {
                UpdateHubAssignment = {{updateHubAssignment}},
                MigrateDeviceData = {{migrateDeviceData}},
            },
            Capabilities = new DeviceCapabilities { IotEdge = {{iotEdge}} },
{{#webhookUrl}}
            CustomAllocationDefinition = new CustomAllocationDefinition
            {
                WebhookUrl = {{webhookUrl}},
                ApiVersion = {{webhookApiVersion}},
            },
{{/webhookUrl}}
        };
{{#iotHubsJson}}
        group.IotHubs = Newtonsoft.Json.JsonConvert.DeserializeObject<List<string>>({{iotHubsJson}});
{{/iotHubsJson}}
{{#initialTwin}}
        group.InitialTwinState = new TwinState(new TwinCollection({{tagsJson}}), new TwinCollection({{desiredJson}}));
{{/initialTwin}}
        using (var service = ProvisioningServiceClient.CreateFromConnectionString(connectionString))
        {
            EnrollmentGroup created = await service.CreateOrUpdateEnrollmentGroupAsync(group);
            Console.WriteLine("created " + created.EnrollmentGroupId);
        }
        return 0;
    }
}
