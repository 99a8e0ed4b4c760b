// A webhook for custom allocation: decides which IoT hub a device is assigned to. Needs .NET 8 or later.
//
//   dotnet new console --output webhook && cd webhook     (put this file in the place of Program.cs)
//   dotnet run [PORT]            (default: 7071)
//   enrollkit quickstart --yes --allocation-policy custom --webhook-url http://127.0.0.1:7071/
//
// A device that sends {"site": "..."} as its payload goes to the first hub whose name contains the site; any other goes
// to a hub by its registration ID. Put your own rule into Allocate. On Azure, run it as an Azure function, behind https.
//
// Source: Microsoft Learn, "Understand custom allocation policies with Azure IoT Hub Device Provisioning Service".
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

internal static class Program
{
    // The host name of one of the linked hubs.
    private static string Allocate(JsonElement request)
    {
        JsonElement device = request.GetProperty("deviceRuntimeContext");
        List<string> hubs = request.GetProperty("linkedHubs").EnumerateArray().Select(hub => hub.GetString()).ToList();
        JsonElement payload, site;
        if (device.TryGetProperty("payload", out payload) && payload.ValueKind == JsonValueKind.Object
            && payload.TryGetProperty("site", out site) && site.ValueKind == JsonValueKind.String && site.GetString() != "")
        {
            string chosen = hubs.Find(hub => hub.ToLowerInvariant().Contains(site.GetString().ToLowerInvariant()));
            if (chosen != null) return chosen;
        }
        byte[] registrationId = Encoding.UTF8.GetBytes(device.GetProperty("registrationId").GetString());
        using (SHA256 sha256 = SHA256.Create())
        {
            byte[] digest = sha256.ComputeHash(registrationId);
            uint number = (uint)digest[0] << 24 | (uint)digest[1] << 16 | (uint)digest[2] << 8 | digest[3];
            return hubs[(int)(number % (uint)hubs.Count)];
        }
    }

    private static void Main(string[] arguments)
    {
        string address = "http://127.0.0.1:" + (arguments.Length > 0 ? arguments[0] : "7071") + "/";
        var listener = new HttpListener();
        listener.Prefixes.Add(address);
        listener.Start();
        Console.WriteLine("Listening on " + address);
        while (true)
        {
            HttpListenerContext context = listener.GetContext();
            object answer;
            try
            {
                using (JsonDocument request = JsonDocument.Parse(context.Request.InputStream))
                {
                    answer = new Dictionary<string, string> { ["iotHubHostName"] = Allocate(request.RootElement) };
                }
            }
            catch (Exception error)
            {
                context.Response.StatusCode = 400;
                answer = new Dictionary<string, string> { ["message"] = error.Message };
            }
            byte[] body = JsonSerializer.SerializeToUtf8Bytes(answer);
            context.Response.ContentType = "application/json";
            context.Response.OutputStream.Write(body, 0, body.Length);
            context.Response.Close();
        }
    }
}
