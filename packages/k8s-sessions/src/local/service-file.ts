import { SessionsError } from '../errors.js';
import { readDocument, readText, writePrivate } from './files.js';
import { identify, isAlive } from './identity.js';
import { placesIn, type LocalPlaces, type ServiceDocument } from './places.js';

/** A service of this machine that runs. */
export interface FoundService {
  readonly url: string;
  readonly apiKey: string;
}

/** The service that serves a folder at the moment; undefined when none does. */
export function findLocalService(folder: string): FoundService | undefined {
  const places = placesIn(folder);
  const serving = readDocument(places.service) as ServiceDocument | undefined;
  const apiKey = readText(places.apiKey)?.trim();
  if (serving === undefined || !apiKey || !isAlive(serving)) return undefined;
  return { url: serving.url, apiKey };
}

/** The address of the last service of this folder, whether it runs or not: links to it are still about. */
export function lastUrl(places: LocalPlaces): string | undefined {
  return (readDocument(places.service) as ServiceDocument | undefined)?.url;
}

/** @throws SessionsError HAWSER_SESSIONS_LOCAL_FAILED while another service serves the folder */
export function assertNotServed(places: LocalPlaces): void {
  const serving = readDocument(places.service) as ServiceDocument | undefined;
  if (serving === undefined || serving.pid === process.pid || !isAlive(serving)) return;
  throw new SessionsError(
    'HAWSER_SESSIONS_LOCAL_FAILED',
    `Sessions of this folder are served already, at ${serving.url}.`,
    {
      hint: 'Use that service, or end it first.',
      details: { url: serving.url, pid: serving.pid },
    },
  );
}

/** Says where the service is, for runners and for those who look for it. */
export function announce(places: LocalPlaces, url: string): void {
  const self = identify(process.pid) ?? { pid: process.pid, start: '' };
  writePrivate(places.service, JSON.stringify({ url, ...self } satisfies ServiceDocument));
}

/** Says that the service is not there any more; its address stays. */
export function withdraw(places: LocalPlaces): void {
  const serving = readDocument(places.service) as ServiceDocument | undefined;
  if (serving?.pid !== process.pid) return;
  writePrivate(places.service, JSON.stringify({ url: serving.url, pid: 0, start: '' } satisfies ServiceDocument));
}
