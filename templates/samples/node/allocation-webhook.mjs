/**
 * A webhook for custom allocation: decides which IoT hub a device is assigned to. Needs Node.js only.
 *
 *     node {{>program}} [PORT]            default: 7071
 *     enrollkit quickstart --yes --allocation-policy custom --webhook-url http://127.0.0.1:7071/
 *
 * A device that sends {"site": "..."} as its payload goes to the first hub whose name contains the site; any other goes to
 * a hub by its registration ID. Put your own rule into `allocate`. On Azure, run it as an Azure function, behind https.
 *
 * Source: Microsoft Learn, "Understand custom allocation policies with Azure IoT Hub Device Provisioning Service".
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const maxBytes = 256 * 1024;

/** @returns what DPS expects: the host name of one of the linked hubs, and optionally an initial twin and a payload */
export function allocate({ deviceRuntimeContext, linkedHubs }) {
  const { registrationId, payload } = deviceRuntimeContext;
  const site = typeof payload?.site === 'string' ? payload.site.toLowerCase() : undefined;
  const ofSite = site && linkedHubs.find((hub) => hub.toLowerCase().includes(site));
  const number = createHash('sha256').update(registrationId).digest().readUInt32BE();
  return {
    iotHubHostName: ofSite || linkedHubs[number % linkedHubs.length],
    initialTwin: { tags: site ? { site } : {}, properties: { desired: {} } },
  };
}

/** @param log gets a line for each device */
export function createWebhook(log = () => {}) {
  return createServer(async (request, response) => {
    const answer = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    try {
      if (request.method !== 'POST') return answer(405, { message: 'Send a POST request.' });
      const chunks = [];
      let bytes = 0;
      for await (const chunk of request) {
        bytes += chunk.length;
        if (bytes > maxBytes) return answer(413, { message: 'The request is too large.' });
        chunks.push(chunk);
      }
      const asked = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      if (!asked?.deviceRuntimeContext?.registrationId || !asked.linkedHubs?.length) {
        return answer(400, { message: 'deviceRuntimeContext.registrationId and linkedHubs are required.' });
      }
      const decision = allocate(asked);
      log(`${asked.deviceRuntimeContext.registrationId} -> ${decision.iotHubHostName}`);
      answer(200, decision);
    } catch {
      answer(400, { message: 'The body is not JSON.' });
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = createWebhook(console.log);
  server.listen(Number(process.argv[2] ?? 7071), '127.0.0.1', () => {
    console.log(`Listening on http://127.0.0.1:${server.address().port}/`);
  });
}
