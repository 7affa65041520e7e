import type { Random } from '../../seed.js';
import type { ChaosOptions } from '../types.js';

/** Faults on one session's frames. */
export interface ChannelChaos {
  toAgent(frame: Buffer, deliver: (frame: Buffer) => void): void;
  toClient(frame: Buffer, deliver: (frame: Buffer) => void): void;
  /** Nothing held back is delivered any more, and nothing more is cut. */
  stop(): void;
}

/** What chaos does to a session besides its frames. */
export interface ChaosTargets {
  cut(how: { readonly code?: number; readonly reset?: boolean }): void;
  stall(): void;
  publish(allowed: boolean): void;
}

/** What happens to one frame. */
export type FrameFate =
  | { readonly kind: 'pass'; readonly delayMs: number }
  | { readonly kind: 'lose' }
  | { readonly kind: 'duplicate'; readonly delayMs: number }
  | { readonly kind: 'reorder'; readonly delayMs: number }
  | { readonly kind: 'truncate'; readonly keep: number; readonly delayMs: number };

/**
 * Decides about frame after frame of one direction. Every decision draws the same number of random values, so the
 * fate of the n-th frame depends on the seed and n alone.
 */
export function createFates(options: ChaosOptions, random: Random): () => FrameFate {
  const kinds = ['lose', 'duplicate', 'reorder', 'truncate'] as const;
  return () => {
    const roll = random.next();
    const delayMs = random.next() * (options.delayMs ?? 0);
    const keep = random.next();
    let upTo = 0;
    for (const kind of kinds) {
      upTo += options[kind] ?? 0;
      if (roll >= upTo) continue;
      return kind === 'lose' ? { kind } : kind === 'truncate' ? { kind, keep, delayMs } : { kind, delayMs };
    }
    return { kind: 'pass', delayMs };
  };
}

/** A reordered frame that nothing overtakes is delivered after this long. */
const overtakeMs = 20;

/** Makes the faults of one session: the same seed and the same frames give the same faults. */
export function createChannelChaos(options: ChaosOptions, random: Random, targets: ChaosTargets): ChannelChaos {
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, run: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };
  const agentward = createDirection(createFates(options, random.fork('to-agent')), later);
  const clientward = createDirection(createFates(options, random.fork('to-client')), later);
  repeat(options.cutEveryMs, random.fork('cut'), later, (draw) => {
    const how = draw.below(3);
    targets.cut(how === 0 ? { code: 1000 } : how === 1 ? { code: 1006 } : { reset: true });
  });
  repeat(options.halfOpenEveryMs, random.fork('half-open'), later, () => targets.stall());
  let allowed = true;
  repeat(options.pauseEveryMs, random.fork('pause'), later, () => {
    allowed = !allowed;
    targets.publish(allowed);
  });
  return {
    toAgent: agentward,
    toClient: clientward,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** At intervals between half and one and a half of `everyMs`, drawn from the seed. */
function repeat(
  everyMs: number | undefined,
  random: Random,
  later: (ms: number, run: () => void) => void,
  run: (random: Random) => void,
): void {
  if (everyMs === undefined) return;
  later(everyMs * (0.5 + random.next()), () => {
    run(random);
    repeat(everyMs, random, later, run);
  });
}

function createDirection(
  fate: () => FrameFate,
  later: (ms: number, run: () => void) => void,
): (frame: Buffer, deliver: (frame: Buffer) => void) => void {
  /** A frame that waits to be overtaken by the next one. */
  let overtaken: (() => void) | undefined;
  return (frame, deliver) => {
    const decided = fate();
    if (decided.kind === 'lose') return;
    const send = (bytes: Buffer): void => {
      if (decided.delayMs >= 1) later(decided.delayMs, () => deliver(bytes));
      else deliver(bytes);
    };
    const waiting = overtaken;
    overtaken = undefined;
    switch (decided.kind) {
      case 'reorder': {
        const release = (): void => {
          if (overtaken === release) overtaken = undefined;
          if (!released) send(frame);
          released = true;
        };
        let released = false;
        overtaken = release;
        later(overtakeMs, release);
        break;
      }
      case 'truncate':
        send(frame.subarray(0, Math.floor(frame.length * decided.keep)));
        break;
      case 'duplicate':
        send(frame);
        send(frame);
        break;
      default:
        send(frame);
    }
    waiting?.();
  };
}
