import { readFile } from 'node:fs/promises';
import { SsmChannelError } from '../errors.js';
import type { Environment } from './proxy.js';

/**
 * Certificates trusted besides those built into Node, PEM: of `caFile`, else of the file that `AWS_CA_BUNDLE` names.
 * Those of `NODE_EXTRA_CA_CERTS` are added, for Node forgets them as soon as a connection is given a list of its own.
 * `undefined` when neither `caFile` nor `AWS_CA_BUNDLE` is set: then Node's own list is the right one.
 *
 * @throws SsmChannelError `HAWSER_SSM_CA_FILE` when the file cannot be read or holds no certificate.
 */
export async function readExtraTrust(
  caFile: string | undefined,
  env: Environment,
): Promise<readonly string[] | undefined> {
  const file = caFile || env['AWS_CA_BUNDLE'];
  if (!file) return undefined;
  const extra = env['NODE_EXTRA_CA_CERTS'];
  return (await Promise.all([file, ...(extra ? [extra] : [])].map(readCertificates))).flat();
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

async function readCertificates(file: string): Promise<readonly string[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new SsmChannelError('HAWSER_SSM_CA_FILE', `The certificate file ${file} cannot be read`, { cause });
  }
  const certificates = text.match(CERTIFICATE);
  if (certificates !== null) return certificates;
  throw new SsmChannelError('HAWSER_SSM_CA_FILE', `The file ${file} holds no PEM certificate`);
}
