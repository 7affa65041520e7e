import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, boolean, explicit, implicit, integer, octets, oid, sequence, set, time, utf8 } from './der.js';

/** A certificate and its key, both PEM. */
export interface Certificate {
  readonly certPem: string;
  readonly keyPem: string;
}

/** A certificate authority that lives as long as the process. */
export interface Authority {
  readonly caPem: string;
  /** For a server under these names and addresses. */
  issueServer(names: readonly string[]): Certificate;
  /** For somebody: the common name is the user, each organisation a group, as API servers read them. */
  issueClient(user: string, groups: readonly string[]): Certificate;
}

/** Node's crypto reads certificates but makes none, hence the DER by hand (RFC 5280 §4.1). */
export function createAuthority(name: string): Authority {
  const keys = makeKeys();
  const subject = [{ type: commonName, value: name }];
  const issue = (to: Name, publicKey: KeyObject, extensions: readonly Buffer[]): string =>
    certificate({ subject: to, publicKey, issuer: subject, issuerKeys: keys, extensions });
  return {
    caPem: issue(subject, keys.publicKey, [
      extension('2.5.29.19', sequence(boolean(true)), true),
      // keyCertSign and cRLSign
      extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true),
    ]),
    issueServer: (names) => {
      const own = makeKeys();
      const usage = extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1')));
      const subjectAlternatives = extension('2.5.29.17', sequence(...names.map(generalName)));
      const certPem = issue([{ type: commonName, value: names[0] ?? name }], own.publicKey, [
        ...leaf,
        usage,
        subjectAlternatives,
      ]);
      return { certPem, keyPem: pemOf(own.privateKey) };
    },
    issueClient: (user, groups) => {
      const own = makeKeys();
      const to = [...groups.map((value) => ({ type: organization, value })), { type: commonName, value: user }];
      const usage = extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.2')));
      return { certPem: issue(to, own.publicKey, [...leaf, usage]), keyPem: pemOf(own.privateKey) };
    },
  };
}

type Name = readonly { readonly type: string; readonly value: string }[];

interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const commonName = '2.5.4.3';
const organization = '2.5.4.10';
const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));

/** digitalSignature, and no authority to sign others. */
const leaf: readonly Buffer[] = [
  extension('2.5.29.19', sequence(), true),
  extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
];

/** Programs under test may live in another year: all years that UTCTime can tell from here are good. */
const validity = sequence(time(2020), time(2049));

function certificate(parts: {
  readonly subject: Name;
  readonly publicKey: KeyObject;
  readonly issuer: Name;
  readonly issuerKeys: Keys;
  readonly extensions: readonly Buffer[];
}): string {
  const own = keyIdentifier(parts.publicKey);
  const authority = sequence(implicit(0, keyIdentifier(parts.issuerKeys.publicKey)));
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    // Not zero at the front, lest the number be in a longer form than it needs.
    integer(Buffer.concat([Buffer.from([0x4b]), randomBytes(15)])),
    ecdsaWithSha256,
    nameOf(parts.issuer),
    validity,
    nameOf(parts.subject),
    parts.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...parts.extensions, extension('2.5.29.14', octets(own)), extension('2.5.29.35', authority))),
  );
  const signature = sign('sha256', toBeSigned, parts.issuerKeys.privateKey);
  const lines = sequence(toBeSigned, ecdsaWithSha256, bits(signature))
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`;
}

function makeKeys(): Keys {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function nameOf(name: Name): Buffer {
  return sequence(...name.map(({ type, value }) => set(sequence(oid(type), utf8(value)))));
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value));
}

/** dNSName or iPAddress (RFC 5280 §4.2.1.6). */
function generalName(name: string): Buffer {
  if (isIP(name) === 0) return implicit(2, Buffer.from(name));
  return implicit(7, Buffer.from(isIP(name) === 4 ? name.split('.').map(Number) : ipv6Bytes(name)));
}

/** The groups of an address without an embedded IPv4 one. */
function ipv6Bytes(address: string): number[] {
  const [front = [], back = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...zeros, ...back].flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]);
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}
