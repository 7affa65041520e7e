import { link, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openSigningKey, readSigningKey, type SigningKey } from '@hawser/receipts';

/** The key that this machine signs receipts of every kind with; made, for its owner only, when there is none. */
export async function openMachineKey(dataFolder: string): Promise<SigningKey> {
  return openSigningKey(machineKeyFile(dataFolder));
}

/**
 * Gives a service of this machine the machine's key before it makes one of its own: two names of one file. A service that
 * has a key keeps it, and so does one on a file system without such names; {@link publicKeysBelow} knows them all.
 *
 * @throws ReceiptError HAWSER_RECEIPT_KEY_UNSAFE when others may read the machine's key
 */
export async function shareMachineKey(dataFolder: string, service: keyof typeof serviceKeys): Promise<void> {
  await openMachineKey(dataFolder);
  const file = serviceKeyFile(dataFolder, service);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await link(machineKeyFile(dataFolder), file).catch(() => undefined);
}

/**
 * Public keys (PEM) of what signs with its keys in a folder, each once; nothing is made. The person's data folder holds
 * those of this machine, the folder of a local stack those of that stack.
 */
export async function publicKeysBelow(folder: string): Promise<readonly string[]> {
  const services = Object.keys(serviceKeys) as (keyof typeof serviceKeys)[];
  const files = [machineKeyFile(folder), ...services.map((name) => serviceKeyFile(folder, name))];
  const keys = await Promise.all(files.map(publicKeyIn));
  return [...new Set(keys.flatMap((key) => key ?? []))];
}

/** Where services look for the key they sign with, below the person's data folder or that of a local stack. */
const serviceKeys = { exec: 'signer-key.pem', sessions: 'receipt-key.pem' } as const;

function serviceKeyFile(dataFolder: string, service: keyof typeof serviceKeys): string {
  return join(dataFolder, service, serviceKeys[service]);
}

function machineKeyFile(dataFolder: string): string {
  return join(dataFolder, 'receipt-key.pem');
}

async function publicKeyIn(file: string): Promise<string | undefined> {
  const pem = await readFile(file, 'utf8').catch(() => undefined);
  return pem === undefined ? undefined : readSigningKey(pem).publicKey;
}
