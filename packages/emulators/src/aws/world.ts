import type { Random } from '../seed.js';
import type { AwsFaults } from './types.js';

/** What every emulated service stands on. */
export interface World {
  readonly region: string;
  readonly accountId: string;
  /** A folder of our own, removed at the end. */
  readonly folder: string;
  readonly random: Random;
  /** What the emulator believes the time is, in milliseconds since 1970. */
  nowMs(): number;
  faults(): AwsFaults;
  /** e.g. `http://127.0.0.1:41235`; known once it listens. */
  endpoint(): string;
  /** e.g. `arn:aws:ecs:us-east-1:123456789012:cluster/main`. */
  arn(service: string, resource: string): string;
}

/** A time as the JSON protocols write it: seconds since 1970, with a fraction. */
export function seconds(ms: number): number {
  return ms / 1000;
}
