import { EventEmitter, once } from 'node:events';
import { SessionsError } from '../../src/errors.js';
import { unpackKeyframe, unpackSegment, type Keyframe, type Segment } from '../../src/log/index.js';
import type {
  Assignment,
  RunnerBeat,
  RunnerControl,
  RunnerExit,
  RunnerPhase,
  RunnerSelf,
  RunnerWishes,
} from '../../src/runner/index.js';

/** A controller in memory: gives one assignment, keeps what a runner sends, and can be away. */
export interface MemoryControl extends RunnerControl {
  readonly phases: readonly RunnerPhase[];
  readonly segments: readonly Segment[];
  readonly keyframes: readonly Keyframe[];
  readonly exits: readonly RunnerExit[];
  readonly beats: readonly RunnerBeat[];
  readonly self: RunnerSelf | undefined;
  /** Calls that were answered with an error because the controller was away. */
  readonly missed: number;
  away: boolean;
  /** Takes nothing more from this attempt. */
  isOver: boolean;
  wish(wish: Omit<RunnerWishes, 'seen'>): void;
  /** Resolves with the next call that is answered or missed. */
  called(): Promise<unknown>;
}

export function memoryControl(
  assignment: Assignment | undefined,
  options: { readonly won?: boolean } = {},
): MemoryControl {
  const phases: RunnerPhase[] = [];
  const segments: Segment[] = [];
  const keyframes: Keyframe[] = [];
  const exits: RunnerExit[] = [];
  const beats: RunnerBeat[] = [];
  const bell = new EventEmitter();
  let wishes: RunnerWishes = { seen: 0 };
  let self: RunnerSelf | undefined;
  let missed = 0;
  let away = false;
  let isOver = false;
  const call = <Result>(result: () => Result): Result => {
    setImmediate(() => bell.emit('call'));
    if (isOver) throw new SessionsError('HAWSER_SESSIONS_REFUSED', 'This attempt is over.');
    if (!away) return result();
    missed += 1;
    throw new Error('The controller is away.');
  };
  return {
    phases,
    segments,
    keyframes,
    exits,
    beats,
    get self() {
      return self;
    },
    get missed() {
      return missed;
    },
    get away() {
      return away;
    },
    set away(now) {
      away = now;
    },
    get isOver() {
      return isOver;
    },
    set isOver(now) {
      isOver = now;
      bell.emit('wish');
    },
    wish(wish) {
      wishes = { ...wish, seen: wishes.seen + 1 };
      bell.emit('wish');
    },
    called: () => once(bell, 'call'),
    assignment: async (who) =>
      call(() => {
        self = who;
        return assignment;
      }),
    claim: async () => call(() => options.won ?? true),
    phase: async (phase) => call(() => void phases.push(phase)),
    segment: async (n, packed) =>
      call(() => {
        const segment = unpackSegment(packed);
        if (segment.head.n !== n) throw new Error(`Segment ${segment.head.n} came as ${n}.`);
        segments.push(segment);
      }),
    keyframe: async (packed) => {
      const keyframe = await unpackKeyframe(packed);
      call(() => void keyframes.push(keyframe));
    },
    exit: async (exit) => call(() => void exits.push(exit)),
    beat: async (beat, { signal }) => {
      call(() => beats.push(beat));
      if (wishes.seen === beat.seen) await once(bell, 'wish', { signal });
      return call(() => wishes);
    },
  };
}

export function assignmentOf(changes: Partial<Assignment> = {}): Assignment {
  return {
    session: '7f1c9e1e-6f0b-4d0a-9f43-6f7f6f1f2a10',
    attempt: 1,
    command: 'true',
    argv: null,
    prompt: null,
    promptNames: ['HAWSER_PROMPT'],
    env: {},
    source: null,
    sourceRules: {
      hosts: [],
      allowHttp: true,
      allowPrivate: true,
      maxCompressedBytes: 10_000_000,
      maxUnpackedBytes: 100_000_000,
      maxEntries: 1000,
      maxRatio: 200,
      timeoutMs: 20_000,
      credentials: {},
    },
    size: { cols: 80, rows: 24 },
    sizeMode: 'latest',
    deadlineMs: 600_000,
    idleMs: 0,
    exitOnJob: true,
    egress: 'public',
    logCapBytes: 67_108_864,
    guaranteedLines: 100_000,
    ...changes,
  };
}
