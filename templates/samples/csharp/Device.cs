// Registers a device with DPS by its certificate, and prints the hub that it is assigned to.
{{#telemetry}}
// Then it sends a message to that hub.
{{/telemetry}}
// Written by enrollkit; run it against Azure, or against "enrollkit emulator start --standard-ports".
//
//   dotnet new console --output device && cd device     (.NET 8 or later; put this file in the place of Program.cs)
//   dotnet add package Microsoft.Azure.Devices.Provisioning.Client --version 1.19.2
//   dotnet add package Microsoft.Azure.Devices.Provisioning.Transport.Mqtt --version 1.17.5
{{#telemetry}}
//   dotnet add package Microsoft.Azure.Devices.Client --version 1.42.3
{{/telemetry}}
//   dotnet run
//
// The client always connects to port 8883, and trusts what the system trusts: for the emulator's root, see
// "enrollkit emulator env --for csharp".
using System;
using System.Security.Cryptography.X509Certificates;
{{#telemetry}}
using System.Text;
{{/telemetry}}
using System.Threading.Tasks;
{{#telemetry}}
using Microsoft.Azure.Devices.Client;
{{/telemetry}}
using Microsoft.Azure.Devices.Provisioning.Client;
using Microsoft.Azure.Devices.Provisioning.Client.Transport;
using Microsoft.Azure.Devices.Shared;

internal static class Program
{
    // The chain: the certificate of the device first, then its issuers. The ID in it is the registration ID.
    private const string ChainFile = {{chain}};
    private const string KeyFile = {{key}};

    private static async Task<int> Main()
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(ChainFile);
        using (var fromPem = X509Certificate2.CreateFromPemFile(ChainFile, KeyFile))
        // Windows uses the key of a certificate only if it comes from PKCS #12.
        using (var certificate = new X509Certificate2(fromPem.Export(X509ContentType.Pkcs12)))
        using (var security = new SecurityProviderX509Certificate(certificate, chain))
        using (var transport = new ProvisioningTransportHandlerMqtt(TransportFallbackType.TcpOnly))
        {
            var provisioning = ProvisioningDeviceClient.Create({{provisioningHost}}, {{idScope}}, security, transport);
            DeviceRegistrationResult result = await provisioning.RegisterAsync();
            if (result.Status != ProvisioningRegistrationStatusType.Assigned)
            {
                Console.Error.WriteLine(result.Status + ": " + result.ErrorCode + " " + result.ErrorMessage);
                return 1;
            }
            Console.WriteLine("assigned " + result.AssignedHub + " " + result.DeviceId);
{{#telemetry}}

            using (var authentication = new DeviceAuthenticationWithX509Certificate(result.DeviceId, certificate, chain))
            using (var hub = DeviceClient.Create(result.AssignedHub, authentication, TransportType.Mqtt_Tcp_Only))
            using (var message = new Message(Encoding.UTF8.GetBytes("{\"temperature\":21.5}")))
            {
                message.ContentType = "application/json";
                message.ContentEncoding = "utf-8";
                await hub.SendEventAsync(message);
                Console.WriteLine("sent");
                await hub.CloseAsync();
            }
{{/telemetry}}
            return 0;
        }
    }
}
