import { join } from 'node:path';

/** Where things are below the folder of local mode. */
export interface LocalPlaces {
  readonly folder: string;
  readonly database: string;
  readonly apiKey: string;
  readonly sealingKey: string;
  readonly receiptKey: string;
  readonly ticketKeys: string;
  /** Readable for runners: says where the service is. */
  readonly door: string;
  readonly service: string;
  readonly runs: string;
}

export function placesIn(folder: string): LocalPlaces {
  const door = join(folder, 'door');
  return {
    folder,
    database: join(folder, 'sessions.db'),
    apiKey: join(folder, 'api-key'),
    sealingKey: join(folder, 'sealing-key'),
    receiptKey: join(folder, 'receipt-key.pem'),
    ticketKeys: join(folder, 'ticket-keys'),
    door,
    service: join(door, 'service.json'),
    runs: join(folder, 'runs'),
  };
}

/** Files of one start of one session. */
export interface RunPlaces {
  readonly folder: string;
  readonly job: string;
  readonly secret: string;
  /** Which process it is; written by whoever started it. */
  readonly process: string;
  /** How the runner ended; written by itself. */
  readonly end: string;
  readonly log: string;
  /** The runner's own folder. */
  readonly work: string;
}

export function runPlaces(folder: string): RunPlaces {
  return {
    folder,
    job: join(folder, 'job.json'),
    secret: join(folder, 'secret'),
    process: join(folder, 'process.json'),
    end: join(folder, 'end.json'),
    log: join(folder, 'runner.log'),
    work: join(folder, 'run'),
  };
}

/** What a run is known by; nothing in it is secret. */
export interface RunDocument {
  readonly session: string;
  readonly attempt: number;
  readonly jobName: string;
  /** File that says where the service is. */
  readonly service: string;
}

/** Where the service is, and which process it is. */
export interface ServiceDocument {
  readonly url: string;
  readonly pid: number;
  readonly start: string;
}

/** Set for every runner and all that it starts: what its processes are known by. */
export const runMarker = 'HAWSER_SESSIONS_RUN';
