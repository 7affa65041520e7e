import { EventEmitter } from 'node:events';
import type { SessionFacts } from '../channel/types.js';
import { agentSpeaksMux } from '../codec/index.js';
import { SsmChannelError } from '../errors.js';
import { openDataChannel } from '../session/data-channel.js';
import type { ChannelTuning, DataChannel, SessionType } from '../session/session-type.js';
import type { OpenSessionOptions, SessionEnd, SessionState, StartedSession } from '../session/types.js';
import { serveBasic } from './basic.js';
import type { Lane, ServedLane } from './lane.js';
import { serveMux } from './mux.js';
import type { NearEnd } from './near-end.js';

/** What a forward tells while it lives. */
export interface ForwardEvents {
  /** A connection was made; `active` counts the open connections, this one included. */
  connection: [{ readonly active: number }];
  /** The agent could not reach the destination. */
  'connect-error': [{ readonly sessionId: string }];
  state: [SessionState & { readonly sessionId: string }];
  debug: [string];
}

/** Which sessions carry connections to one destination. */
export interface OpenLanesOptions extends OpenSessionOptions, ChannelTuning {
  /**
   * More started sessions to the same destination. New connections go to the lane with the fewest;
   * downloads of one session are paced by the agent, several lanes multiply that.
   */
  readonly lanes?: readonly StartedSession[];
}

const laneTypes: readonly SessionType<Lane>[] = [
  {
    name: 'Port',
    serve(channel) {
      if (!isForwarding(channel.facts)) {
        throw new SsmChannelError(
          'HAWSER_SSM_BAD_INPUT',
          `Session ${channel.sessionId} carries one byte stream, not a forwarded port`,
          {
            hint: 'Open it with openSession, or start it with a port forwarding document.',
          },
        );
      }
      return serveLane(channel);
    },
  },
];

/** Whether a Port session is meant for local connections, and not for one byte stream. */
export function isForwarding(facts: SessionFacts): boolean {
  return facts.properties['type'] === 'LocalPortForwarding';
}

/** Serves a Port session in the mode its agent knows. */
export function serveLane(channel: DataChannel): ServedLane {
  return agentSpeaksMux(channel.facts.agentVersion) ? serveMux(channel) : serveBasic(channel);
}

/** Opens all sessions, or none: when one cannot be opened the others are terminated. */
export async function openLanes(options: OpenLanesOptions): Promise<readonly [Lane, ...Lane[]]> {
  const starts: readonly StartedSession[] = [options.start, ...(options.lanes ?? [])];
  const opened = await Promise.allSettled(
    starts.map((start) => openDataChannel({ ...options, start, types: laneTypes })),
  );
  const lanes = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = opened.find((result) => result.status === 'rejected');
  const [first, ...others] = lanes;
  if (failed === undefined && first !== undefined) return [first, ...others];
  await Promise.all(lanes.map((lane) => lane.channel.terminate()));
  throw failed?.reason;
}

/** Sessions that share the connections to one destination. */
export class OpenLanes extends EventEmitter<ForwardEvents> implements AsyncDisposable {
  readonly mode: 'mux' | 'basic';
  readonly facts: SessionFacts;
  readonly sessionIds: readonly string[];
  readonly ended: Promise<SessionEnd>;
  protected readonly lanes: Set<Lane>;
  readonly #nearEnds = new Set<NearEnd>();

  /** `whenOver` is called when the last lane ended, before `ended` resolves. */
  constructor(lanes: readonly [Lane, ...Lane[]], whenOver: () => Promise<void>) {
    super();
    this.mode = lanes[0].mode;
    this.facts = lanes[0].channel.facts;
    this.sessionIds = lanes.map((lane) => lane.channel.sessionId);
    this.lanes = new Set(lanes);
    for (const { channel } of lanes) {
      const { sessionId } = channel;
      channel.on('connect-error', () => this.emit('connect-error', { sessionId }));
      channel.on('state', (state) => this.emit('state', { ...state, sessionId }));
      channel.on('debug', (line) => this.emit('debug', line));
    }
    this.ended = this.#watch(lanes, whenOver);
  }

  async #watch(lanes: readonly Lane[], whenOver: () => Promise<void>): Promise<SessionEnd> {
    let last: SessionEnd | undefined;
    await Promise.all(
      lanes.map(async (lane) => {
        last = await lane.channel.ended;
        this.lanes.delete(lane);
      }),
    );
    for (const near of this.#nearEnds) near.destroySoon();
    await whenOver();
    return last ?? { reason: 'exited', output: '', bytesIn: 0, bytesOut: 0 };
  }

  /** Gives a connection to the least busy lane. */
  take(near: NearEnd): void {
    let chosen: Lane | undefined;
    for (const lane of this.lanes)
      if (lane.open && (chosen === undefined || lane.active < chosen.active)) chosen = lane;
    if (chosen === undefined) {
      near.resetAndDestroy();
      return;
    }
    this.#nearEnds.add(near);
    near.once('close', () => this.#nearEnds.delete(near));
    chosen.carry(near);
    this.emit('connection', { active: this.#nearEnds.size });
  }

  async close(): Promise<SessionEnd> {
    await Promise.all([...this.lanes].map((lane) => lane.channel.terminate()));
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
