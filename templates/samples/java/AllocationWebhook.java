// A webhook for custom allocation: decides which IoT hub a device is assigned to. Needs Java 11 or later, nothing else.
//
//   java {{>program}} [PORT]            (default: 7071)
//   enrollkit quickstart --yes --allocation-policy custom --webhook-url http://127.0.0.1:7071/
//
// A device that sends {"site": "..."} as its payload goes to the first hub whose name contains the site; any other goes
// to a hub by its registration ID. Put your own rule into allocate. On Azure, run it as an Azure function, behind https.
//
// Java has no parser of JSON: with one, such as Gson, read the members by their names instead.
//
// Source: Microsoft Learn, "Understand custom allocation policies with Azure IoT Hub Device Provisioning Service".
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class AllocationWebhook {
    private static final int MAX_BYTES = 256 * 1024;
    private static final String TEXT = "\"([^\"\\\\]*)\"";

    /** The host name of one of the linked hubs. */
    static String allocate(String registrationId, String site, List<String> hubs) throws Exception {
        for (String hub : hubs) {
            if (!site.isEmpty() && hub.toLowerCase(Locale.ROOT).contains(site.toLowerCase(Locale.ROOT))) return hub;
        }
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(registrationId.getBytes(StandardCharsets.UTF_8));
        return hubs.get(Integer.remainderUnsigned(ByteBuffer.wrap(digest).getInt(), hubs.size()));
    }

    private static String first(String pattern, String text) {
        Matcher found = Pattern.compile(pattern).matcher(text);
        return found.find() ? found.group(1) : "";
    }

    private static void answer(HttpExchange exchange, int status, String name, String value) throws IOException {
        byte[] body = ("{\"" + name + "\":\"" + value + "\"}").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static void handle(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(MAX_BYTES + 1);
        if (body.length > MAX_BYTES) {
            answer(exchange, 413, "message", "The request is too large.");
            return;
        }
        String text = new String(body, StandardCharsets.UTF_8);
        List<String> hubs = new ArrayList<>();
        Matcher name = Pattern.compile(TEXT).matcher(first("\"linkedHubs\"\\s*:\\s*\\[([^\\]]*)\\]", text));
        while (name.find()) hubs.add(name.group(1));
        String registrationId = first("\"registrationId\"\\s*:\\s*" + TEXT, text);
        if (registrationId.isEmpty() || hubs.isEmpty()) {
            answer(exchange, 400, "message", "deviceRuntimeContext.registrationId and linkedHubs are required.");
            return;
        }
        try {
            String site = first("\"payload\"\\s*:\\s*\\{[^}]*\"site\"\\s*:\\s*" + TEXT, text);
            answer(exchange, 200, "iotHubHostName", allocate(registrationId, site, hubs));
        } catch (Exception error) {
            answer(exchange, 500, "message", "The rule failed.");
        }
    }

    public static void main(String[] arguments) throws IOException {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 7071;
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", AllocationWebhook::handle);
        server.start();
        System.out.println("Listening on http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }
}
