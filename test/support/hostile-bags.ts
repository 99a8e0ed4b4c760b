/** Certificates that are made to keep a validator busy. */
import { alternativeNames, authority, dns, nameConstraints, type Raw, raw } from './raw-certificates.js';

/** Every one of them signs all others: the number of paths through them explodes. Only the first leads to `top`. */
export function mesh(size: number, top: Raw): { bag: Raw[]; entry: Raw } {
  const members = Array.from({ length: size }, (_, index) => authority(`Member ${index}`));
  const bag = members.flatMap((member) =>
    members
      .filter((issuer) => issuer !== member)
      .map((issuer) => authority(member.name, issuer, { keys: member.keys })),
  );
  bag.push(authority(members[0]!.name, top, { keys: members[0]!.keys }));
  return { bag, entry: members.at(-1)! };
}

/** Copies that differ in their serial numbers only: their signatures are wrong, which has to be found out. */
export function forgedCopies(original: Raw, count: number): Raw[] {
  const serialNumber = original.der.indexOf(Buffer.from('a0030201020201', 'hex')) + 7;
  return Array.from({ length: count }, (_, index) => {
    const der = Buffer.from(original.der);
    der[serialNumber] = index & 0x7f;
    der[der.length - 1 - ((index >> 7) & 7)]! ^= 1;
    return { ...original, der };
  });
}

/** A leaf with thousands of names, below an authority with as many name constraints. */
export function manyNames(top: Raw): { leaf: Raw; narrow: Raw } {
  const many = (prefix: string) =>
    Array.from({ length: 3_000 }, (_, index) => dns(`${prefix}${index}.example`));
  const narrow = authority('Narrow', top, { extensions: [nameConstraints([], many('no'))] });
  return { narrow, leaf: raw({ name: 'd', issuer: narrow, extensions: [alternativeNames(...many('yes'))] }) };
}
