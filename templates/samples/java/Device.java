// Registers a device with DPS by its certificate, and prints the hub that it is assigned to.
{{#telemetry}}
// Then it sends a message to that hub.
{{/telemetry}}
// Written by enrollkit; run it against Azure, or against "enrollkit emulator start --standard-ports".
//
// Java 11 or later, with these of Maven:
//   com.microsoft.azure.sdk.iot.provisioning:provisioning-device-client:2.1.3
//   com.microsoft.azure.sdk.iot.provisioning.security:x509-provider:2.0.2
{{#telemetry}}
//   com.microsoft.azure.sdk.iot:iot-device-client:2.5.0
{{/telemetry}}
//
// The client always connects to port 8883, and trusts what Java trusts: for the emulator's root, see
// "enrollkit emulator env --for java".
{{#telemetry}}
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.Message;
{{/telemetry}}
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClient;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClientRegistrationResult;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClientStatus;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClientTransportProtocol;
import com.microsoft.azure.sdk.iot.provisioning.security.SecurityProvider;
import com.microsoft.azure.sdk.iot.provisioning.security.hsm.SecurityProviderX509Cert;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

public class Device {
    // The chain: the certificate of the device first, then its issuers. The ID in it is the registration ID.
    private static final Path CHAIN = Path.of({{chain}});
    private static final Path KEY = Path.of({{key}});

    public static void main(String[] arguments) throws Exception {
        List<X509Certificate> chain = new ArrayList<>();
        try (InputStream file = Files.newInputStream(CHAIN)) {
            CertificateFactory.getInstance("X.509")
                .generateCertificates(file)
                .forEach(certificate -> chain.add((X509Certificate) certificate));
        }
        X509Certificate own = chain.remove(0);
        String base64 = Files.readString(KEY).replaceAll("-----[A-Z ]+-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance(own.getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
        SecurityProvider security = new SecurityProviderX509Cert(own, key, chain);

        ProvisioningDeviceClient provisioning = ProvisioningDeviceClient.create(
            {{provisioningHost}}, {{idScope}}, ProvisioningDeviceClientTransportProtocol.MQTT, security);
        ProvisioningDeviceClientRegistrationResult result;
        try {
            result = provisioning.registerDeviceSync();
        } finally {
            // Its threads would keep the program running.
            provisioning.close();
        }
        if (result.getProvisioningDeviceClientStatus()
                != ProvisioningDeviceClientStatus.PROVISIONING_DEVICE_STATUS_ASSIGNED) {
            System.err.println("DPS did not assign the device: " + result.getProvisioningDeviceClientStatus());
            System.exit(1);
        }
        System.out.println("assigned " + result.getIothubUri() + " " + result.getDeviceId());
{{#telemetry}}

        DeviceClient hub =
            new DeviceClient(result.getIothubUri(), result.getDeviceId(), security, IotHubClientProtocol.MQTT);
        hub.open(false);
        Message message = new Message("{\"temperature\":21.5}");
        message.setContentType("application/json");
        message.setContentEncoding("utf-8");
        hub.sendEvent(message);
        System.out.println("sent");
        hub.close();
{{/telemetry}}
    }
}
