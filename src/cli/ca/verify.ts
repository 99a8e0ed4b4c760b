import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { OpenPrivateKeyOptions } from '../../pki/keys.js';
import { type Context, defineCommand, type FlagsOf } from '../kernel/command.js';
import { dirFlag, outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';
import { textFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

export const caVerify = defineCommand({
  description: sentences.cliCa.verify.description,
  args: { name: { summary: sentences.cliCa.nameInDps } },
  flags: {
    certificate: textFlag({
      placeholder: 'FILE',
      summary: sentences.cliCa.verify.certificate,
    }),
    key: textFlag({ placeholder: 'FILE', summary: sentences.cliCa.verify.key }),
    'verification-certificate': textFlag({
      placeholder: 'FILE',
      summary: sentences.cliCa.verify.verificationCertificate,
    }),
    ...passphraseFileFlag,
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'ca verify enrollkit-root', summary: sentences.cliCa.verify.examples.folder },
    {
      line: 'ca verify contoso --certificate ca.pem --key ca.key.pem',
      summary: sentences.cliCa.verify.examples.files,
    },
    {
      line: 'ca verify contoso --verification-certificate verification.pem',
      summary: sentences.cliCa.verify.examples.elsewhere,
    },
  ],
  async run({ args: { name }, flags }, context) {
    const { assertCertificateName } = await import('../../dps/contract/ids.js');
    assertCertificateName(name);
    if ((flags.certificate === undefined) !== (flags.key === undefined)) {
      throw new EnrollkitError('USAGE', sentences.cliCa.verify.bothOrNeither, {
        next: sentences.cliCa.verify.giveBoth,
      });
    }
    if (flags.verificationCertificate !== undefined && flags.certificate !== undefined) {
      throw new EnrollkitError('USAGE', sentences.cliCa.verify.excluded, {
        next: sentences.cliCa.verify.leaveOut,
      });
    }
    const { issueVerificationCertificate } = await import('../../pki/make/verification-certificate.js');
    const { serviceClock } = await import('../../dps/client/target.js');
    const { withClients } = await import('../target/command-target.js');
    const { sameFolder } = await import('../target/folder.js');
    const { withPassphrase } = await import('../input/passphrase.js');
    const { caText, uploadedCa } = await import('./ca-text.js');
    const { output, signal } = context;
    const proof = await givenProof(flags, context);
    const verified = await withClients(flags, context, false, async ({ target, control }) => {
      const present = await control.getCertificate(name, { signal });
      if (!present) {
        throw new EnrollkitError('NOT_FOUND', sentences.cliCa.notUploaded(name), {
          next: sentences.cliCa.verify.uploadFirst(
            `enrollkit ca upload FILE --ca-name ${name}${sameFolder(flags)}`,
          ),
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
      throw new EnrollkitError('PROOF_OF_POSSESSION_FAILED', sentences.cliCa.verify.notShown(name));
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
  const { folderOf } = await import('../target/folder.js');
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
  return new EnrollkitError('FILE_UNREADABLE', sentences.cliCa.verify.notIn(sha1, path), {
    next: sentences.cliCa.verify.giveFiles,
  });
}
