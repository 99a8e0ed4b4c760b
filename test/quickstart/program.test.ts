import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { enrollmentGroupOf } from '../../src/quickstart/planned-enrollment-group.js';
import { enrollmentGroupProgram } from '../../src/quickstart/sample-program.js';
import { run } from '../support/openssl.js';
import { planWith } from '../support/quickstart.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

/** The program, run by Python with a client that prints what it is given. */
function runProgram(program: string, environment: Record<string, string>): string {
  const client = `
import sys, types
class Recorder:
    def __init__(self, *arguments, **named): self.__dict__.update(named); self.arguments = arguments
    @classmethod
    def create(cls, *arguments, **named): return cls(*arguments, **named)
    create_with_x509_ca_refs = create_with_x509_signing_certs = create
    def __repr__(self): return repr(self.__dict__)
class Client:
    @classmethod
    def create_from_connection_string(cls, text): return cls()
    def create_or_update(self, group): return group
package = types.ModuleType("provisioningserviceclient"); package.ProvisioningServiceClient = Client
models = types.ModuleType("provisioningserviceclient.models")
for name in ("AttestationMechanism", "DeviceCapabilities", "EnrollmentGroup", "InitialTwin", "ReprovisionPolicy"):
    setattr(models, name, Recorder)
sys.modules["provisioningserviceclient"] = package; sys.modules["provisioningserviceclient.models"] = models
import os; os.environ.pop("DPS_CONNECTION_STRING", None); os.environ.update(${JSON.stringify(environment)})
`;
  return run('python3', ['-'], client + program);
}

const plan = planWith((one) => {
  one.enrollmentGroup.initialTwin = {
    tags: { site: "O'Neil \\ Söhne", on: true, none: null },
    properties: { desired: { n: [1, 2.5] } },
  };
  one.enrollmentGroup.iotHubs = ['hub1.azure-devices.net'];
  one.enrollmentGroup.iotEdge = true;
  one.enrollmentGroup.reprovisionPolicy = 'reset';
});
const program = enrollmentGroupProgram(enrollmentGroupOf(plan, { pem: '' }, []), 'ca/root/certificate.pem');

const testWithPython = testWith('python3', test);

testWithPython('Python runs the program, and it asks for just the group of the plan', () => {
  const printed = runProgram(program, { DPS_CONNECTION_STRING: 'x' });
  for (const expected of [
    "'tags': {'site': \"O'Neil \\\\ Söhne\", 'on': True, 'none': None}",
    "'desired_properties': {'n': [1, 2.5]}",
    "'iot_hubs': ['hub1.azure-devices.net']",
    "'iot_edge': True",
    "'migrate_device_data': False",
    "'provisioning_status': 'enabled'",
    "'enrollkit-root'",
  ]) {
    assert.ok(printed.includes(expected), `${expected}\n${printed}`);
  }
});

/** What the program sends through the client of its name, which sends what it knows and nothing else. */
function sentBy(text: string, folder: string): Record<string, any> {
  const path = join(folder, 'EnrollmentGroup.py');
  writeFileSync(path, text);
  mkdirSync(join(folder, 'ca/root'), { recursive: true });
  writeFileSync(join(folder, 'ca/root/certificate.pem'), 'the certificate');
  const { status, stderr } = spawnSync('python3', [path], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      PYTHONPATH: fileURLToPath(new URL('../data', import.meta.url)),
      PYTHONDONTWRITEBYTECODE: '1',
      DPS_CONNECTION_STRING: 'HostName=h;SharedAccessKeyName=n;SharedAccessKey=k',
    },
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stderr);
}

testWithPython('what the client sends is the group of the plan, IoT Edge too', () =>
  inTemporaryFolder((folder) => {
    for (const attestation of ['caReference', 'certificate'] as const) {
      for (const iotEdge of [true, false]) {
        const one = planWith((changed) => {
          changed.enrollmentGroup = { ...plan.enrollmentGroup, attestation, iotEdge };
        });
        const group = enrollmentGroupOf(one, { pem: 'the certificate' }, []);
        const sent = sentBy(enrollmentGroupProgram(group, 'ca/root/certificate.pem'), folder);
        assert.deepEqual(sent, group);
      }
    }
  }),
);

testWithPython('the program holds no connection string, and says so when it is given none', () => {
  assert.doesNotMatch(program, /\{\{|SharedAccessKey=[A-Za-z0-9]/);
  assert.throws(() => runProgram(program, {}), /Set DPS_CONNECTION_STRING/);
});

test.run();
