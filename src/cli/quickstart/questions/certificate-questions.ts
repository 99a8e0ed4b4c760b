/** Questions on the certificates, and on the CA that is uploaded. */
import { certificateNameProblem } from '../../../dps/contract/ids.js';
import { commonNameProblem, type Plan } from '../../../quickstart/plan/plan.js';
import type { Asker } from '../../terminal/asker.js';
import { missing, wholeNumberProblem } from './problems.js';

type Certificates = Plan['certificates'];
type CertificateAuthority = Plan['certificateAuthority'];

export async function askKeyAlgorithm(ask: Asker, before: Certificates['keyAlgorithm']) {
  return ask.select({
    id: 'certificates.keyAlgorithm',
    message: 'Which keys?',
    default: before,
    choices: [
      {
        value: 'ec-p256',
        name: 'EC P-256',
        why: 'Small and fast; every Azure SDK takes it. The usual choice.',
      },
      { value: 'ec-p384', name: 'EC P-384', why: 'A larger curve, where rules ask for it.' },
      { value: 'rsa-2048', name: 'RSA 2048', why: 'For devices whose TLS stack knows no elliptic curves.' },
      { value: 'rsa-3072', name: 'RSA 3072', why: 'As RSA 2048, for certificates that live beyond 2030.' },
      {
        value: 'rsa-4096',
        name: 'RSA 4096',
        why: 'Slow to make, and long chains may overflow small devices.',
      },
    ],
  });
}

export async function askIntermediate(ask: Asker, before: boolean): Promise<boolean> {
  return ask.confirm({
    id: 'certificates.intermediate',
    message: 'Put an intermediate CA between the root and the devices?',
    why: 'It signs the devices, so that the key of the root can be kept away.',
    default: before,
  });
}

const ownName = 'a name of its own';

/** null stands for a name that each new CA gets of its own. */
async function askCommonName(ask: Asker, what: string, before: string | null): Promise<string | null> {
  const answer = await ask.text({
    id: `certificates.${what}CommonName`,
    message: `Common name of the ${what} CA:`,
    why: 'At most 64 characters. By itself, each new CA gets a name that no other has.',
    default: before ?? ownName,
    problem: commonNameProblem,
  });
  return answer === ownName ? null : answer;
}

export async function askCertificateDetails(ask: Asker, before: Certificates): Promise<Certificates> {
  return {
    ...before,
    rootCommonName: await askCommonName(ask, 'root', before.rootCommonName),
    intermediateCommonName: before.intermediate
      ? await askCommonName(ask, 'intermediate', before.intermediateCommonName)
      : null,
    deviceValidityDays: Number(
      await ask.text({
        id: 'certificates.deviceValidityDays',
        message: 'Days that a device certificate is valid:',
        why: 'It never outlives the CA that signs it.',
        default: String(before.deviceValidityDays),
        problem: wholeNumberProblem(1, 36_500),
      }),
    ),
  };
}

export async function askCertificateAuthority(
  ask: Asker,
  before: CertificateAuthority,
  intermediate: boolean,
): Promise<CertificateAuthority> {
  const uploaded = intermediate
    ? await ask.select({
        id: 'certificateAuthority.uploaded',
        message: 'Which CA is uploaded to DPS?',
        default: before.uploaded,
        choices: [
          { value: 'root', name: 'The root', why: 'Every device beneath it can be enrolled.' },
          {
            value: 'intermediate',
            name: 'The intermediate',
            why: 'Only the devices that it signs; the root stays unknown to DPS.',
          },
        ],
      })
    : 'root';
  const standard = before.name === `enrollkit-${before.uploaded}` ? `enrollkit-${uploaded}` : before.name;
  const name = await ask.text({
    id: 'certificateAuthority.name',
    message: 'Its name in DPS:',
    why: 'Under Certificates; 1 to 64 letters, digits, - . or _.',
    default: standard,
    problem: certificateNameProblem,
  });
  return { ...before, uploaded, name };
}

/** @returns the passphrase, or undefined when the keys are not to be encrypted */
export async function askPassphrase(ask: Asker, wasEncrypted: boolean): Promise<string | undefined> {
  const encrypt = await ask.confirm({
    id: 'certificates.encryptKeys',
    message: 'Encrypt the private keys with a passphrase?',
    why: 'Without one, their files are readable for you alone, and for who gets your disk.',
    default: wasEncrypted,
  });
  if (!encrypt) return undefined;
  const passphrase = await ask.secret({
    id: 'passphrase.new',
    message: 'Passphrase:',
    why: wasEncrypted
      ? 'That of the keys that are there. It is not shown, and kept nowhere.'
      : 'It is not shown, and kept nowhere.',
    problem: missing('The passphrase is missing.'),
  });
  await ask.secret({
    id: 'passphrase.repeat',
    message: 'Again:',
    why: 'So that a slip of the finger locks nothing.',
    problem: (again) => (again === passphrase ? undefined : 'This is not the same yet.'),
  });
  return passphrase;
}
