import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import type { OpenPrivateKeyOptions } from '../../pki/keys.js';
import { type Context, defineCommand, type FlagsOf } from '../kernel/command.js';
import { dirFlag, outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';
import { textFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

export const caVerify = defineCommand({
  description:
    'Proves possession of the private key of an uploaded CA: asks DPS for a verification code, signs a certificate that has the code as its common name, and sends it. The key is that of the CA in the certificate folder, or the one of --key. Where the key is kept on another computer, get the code with ca code, sign it there with cert verification, and send the result with --verification-certificate.',
  args: { name: { summary: 'what the CA is called in DPS' } },
  flags: {
    certificate: textFlag({
      placeholder: 'FILE',
      summary: 'the CA certificate, when it is not in the folder',
    }),
    key: textFlag({ placeholder: 'FILE', summary: 'its private key, PKCS#8 PEM' }),
    'verification-certificate': textFlag({
      placeholder: 'FILE',
      summary: 'the answer to the code of ca code, instead of --certificate and --key',
    }),
    ...passphraseFileFlag,
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'ca verify enrollkit-root', summary: 'a CA of the certificate folder' },
    { line: 'ca verify contoso --certificate ca.pem --key ca.key.pem', summary: 'a CA of your own' },
    {
      line: 'ca verify contoso --verification-certificate verification.pem',
      summary: 'a CA whose key signed the code of ca code elsewhere',
    },
  ],
  async run({ args: { name }, flags }, context) {
    const { assertCertificateName } = await import('../../dps/contract/ids.js');
    assertCertificateName(name);
    if ((flags.certificate === undefined) !== (flags.key === undefined)) {
      throw new EnrollkitError('USAGE', '--certificate and --key belong together.', {
        next: 'Give both, or neither.',
      });
    }
    if (flags.verificationCertificate !== undefined && flags.certificate !== undefined) {
      throw new EnrollkitError('USAGE', '--verification-certificate excludes --certificate and --key.', {
        next: 'Leave out --certificate and --key: the verification certificate is signed already.',
      });
    }
    const { issueVerificationCertificate } = await import('../../pki/make/verification-certificate.js');
    const { serviceClock } = await import('../../dps/client/target.js');
    const { sameFolder, withClients } = await import('../target/command-target.js');
    const { withPassphrase } = await import('../input/passphrase.js');
    const { caText, uploadedCa } = await import('./ca-text.js');
    const { output, signal } = context;
    const proof = await givenProof(flags, context);
    const verified = await withClients(flags, context, false, async ({ target, control }) => {
      const present = await control.getCertificate(name, { signal });
      if (!present) {
        throw new EnrollkitError('NOT_FOUND', `No CA certificate is uploaded as ${name}.`, {
          next: `Upload it first: enrollkit ca upload FILE --ca-name ${name}${sameFolder(flags)}`,
        });
      }
      if (present.properties.isVerified) return uploadedCa(present);
      if (proof !== undefined) await control.verifyCertificate(name, present.etag, proof, { signal });
      else {
        const issuer = await withPassphrase(flags, context, (opening) =>
          issuerFor(present.properties.thumbprint.toUpperCase(), flags, opening),
        );
        const { code, etag } = await control.generateVerificationCode(name, present.etag, { signal });
        const { pem } = await issueVerificationCertificate(code, issuer, serviceClock(target)());
        await control.verifyCertificate(name, etag, pem, { signal });
      }
      const found = await control.getCertificate(name, { signal });
      if (found?.properties.isVerified) return uploadedCa(found);
      throw new EnrollkitError('PROOF_OF_POSSESSION_FAILED', `DPS does not show ${name} as verified.`);
    });
    if (output.json) return output.value(verified);
    output.data(caText(verified));
  },
});

/** The verification certificate of `--verification-certificate`, PEM; undefined if there is none. */
async function givenProof(flags: FlagsOf<typeof caVerify>, { signal }: Context): Promise<string | undefined> {
  const path = flags.verificationCertificate;
  if (path === undefined) return undefined;
  const { certificateToPem } = await import('../../pki/x509/certificate.js');
  const { readCertificates } = await import('../input/material.js');
  return certificateToPem((await readCertificates(path, { signal }))[0]!);
}

interface IssuerOfProof {
  certificate: string;
  privateKey: KeyObject;
}

/** The CA with this thumbprint, with its key: of the files that are named, else of the certificate folder. */
async function issuerFor(
  sha1: string,
  flags: FlagsOf<typeof caVerify>,
  opening: OpenPrivateKeyOptions,
): Promise<IssuerOfProof> {
  const { loadPrivateKey } = await import('../../workspace/stored-certificates.js');
  const { layoutOf } = await import('../../workspace/layout.js');
  const { folderOf } = await import('../target/command-target.js');
  const { folderAuthority } = await import('./folder-authority.js');
  const { certificate, key } = flags;
  if (certificate !== undefined && key !== undefined) return namedIssuer(sha1, certificate, key, opening);
  const folder = folderOf(flags);
  const found = folderAuthority(folder, sha1);
  if (!found) throw notIn(layoutOf(folder).folder, sha1);
  return { certificate: found.stored.pem, privateKey: await loadPrivateKey(found.stored, opening) };
}

async function namedIssuer(
  sha1: string,
  path: string,
  keyPath: string,
  opening: OpenPrivateKeyOptions,
): Promise<IssuerOfProof> {
  const { certificateToPem } = await import('../../pki/x509/certificate.js');
  const { sha1Thumbprint } = await import('../../pki/x509/inspect.js');
  const { ownerOf } = await import('../input/key-owner.js');
  const { readCertificates, readPrivateKey } = await import('../input/material.js');
  const certificate = (await readCertificates(path, opening))[0]!;
  if (sha1Thumbprint(certificate) !== sha1) throw notIn(path, sha1);
  const privateKey = await readPrivateKey(keyPath, opening);
  ownerOf(privateKey, { path, certificates: [certificate] }, keyPath, 'authority');
  return { certificate: certificateToPem(certificate), privateKey };
}

function notIn(path: string, sha1: string): EnrollkitError {
  return new EnrollkitError(
    'FILE_UNREADABLE',
    `The uploaded certificate (SHA-1 ${sha1}) is not in ${path}.`,
    { next: 'Give it with --certificate FILE, and its private key with --key FILE.' },
  );
}
