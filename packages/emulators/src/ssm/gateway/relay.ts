import { randomBytes } from 'node:crypto';
import type { Worker } from '../agent/worker.js';
import type { ChannelChaos } from './chaos.js';
import { channelClosedFrame, publicationFrame } from './service-frames.js';
import type { WireEnd } from './wire-end.js';

/** How a relay is made. */
export interface RelayOptions {
  readonly sessionId: string;
  readonly target: string;
  readonly document: string;
  readonly owner: string;
  readonly chaos: ChannelChaos | undefined;
  readonly idleTimeoutMs: number;
  /** Starts the agent in this process, unless one attaches itself over the wire. */
  readonly startWorker: ((relay: Relay) => Worker) | undefined;
  /** Wall clock, in milliseconds since 1970. */
  readonly date: () => number;
}

/** The agent of a session: in this process, or over the wire. */
interface AgentEnd {
  receive(frame: Buffer): void;
  /** The way to the client takes more. */
  drained(): void;
  kill(): Promise<void>;
}

/** What the gateway can tell of a client's socket. */
export interface ClientFacts {
  readonly clientVersion: string | undefined;
  readonly signature: 'none' | 'valid';
}

/**
 * One session at the gateway: two ends that come and go, and the frames between them, which pass unchanged. Frames for
 * an end that is away are dropped; the two ends repeat what was not acknowledged.
 */
export class Relay {
  readonly id: string;
  readonly target: string;
  readonly document: string;
  readonly owner: string;
  readonly startedMs: number;
  readonly #options: RelayOptions;
  #worker: Worker | undefined;
  #agent: AgentEnd | undefined;
  #client: WireEnd | undefined;
  #clientToken: string | undefined;
  #agentToken: string | undefined;
  #facts: ClientFacts | undefined;
  #opens = 0;
  #endedMs: number | undefined;
  #closing: Buffer | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  readonly #agentTimer: NodeJS.Timeout;
  #lastDataMs: number;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.id = options.sessionId;
    this.target = options.target;
    this.document = options.document;
    this.owner = options.owner;
    this.startedMs = options.date();
    this.#lastDataMs = performance.now();
    this.#watchIdle(options.idleTimeoutMs);
    this.#agentTimer = setTimeout(() => this.#startWorker(), agentDelayMs);
  }

  get endedMs(): number | undefined {
    return this.#endedMs;
  }

  get facts(): ClientFacts | undefined {
    return this.#facts;
  }

  /** How often the client's socket was opened again. */
  get reconnects(): number {
    return Math.max(0, this.#opens - 1);
  }

  /** Digest and length of what the built-in agent accepted; nothing is known of an external one. */
  get received(): Worker['received'] {
    return this.#worker?.received ?? nothingReceived;
  }

  /** A new token for the client; the old one is dead. */
  issueClientToken(): string {
    this.#clientToken = newToken();
    return this.#clientToken;
  }

  /** A new token for an agent over the wire. */
  issueAgentToken(): string {
    this.#agentToken = newToken();
    return this.#agentToken;
  }

  /** Each token opens one channel. */
  takeToken(role: 'client' | 'agent', token: string): boolean {
    const known = role === 'client' ? this.#clientToken : this.#agentToken;
    if (known === undefined || known !== token) return false;
    if (role === 'client') this.#clientToken = undefined;
    else this.#agentToken = undefined;
    return true;
  }

  /** An agent over the wire. */
  attachAgent(end: WireEnd): void {
    this.#agent = {
      receive: (frame) => {
        end.send(frame);
        if (!end.takesMore) this.#client?.hold();
      },
      drained: () => end.release(),
      kill: () => {
        end.reset();
        return Promise.resolve();
      },
    };
    if (this.#closing) this.#agent.receive(this.#closing);
    else if (this.#client === undefined) this.#agent.receive(this.#publication('pause_publication'));
    else this.#startBoth();
  }

  /** The agent's socket took what was queued. */
  agentDrained(): void {
    this.#client?.release();
  }

  detachAgent(): void {
    this.#agent = undefined;
    this.#client?.release();
    if (this.#endedMs === undefined) this.#client?.send(this.#publication('pause_publication'));
  }

  /** The client's socket, opened with a valid token. One that is still there from before is replaced. */
  attachClient(end: WireEnd, facts: ClientFacts): void {
    this.#client?.close(1000, 'Bye');
    this.#client = end;
    this.#facts = facts;
    this.#opens += 1;
    this.#startWorker();
    if (this.#closing) end.send(this.#closing);
    else if (this.#agent === undefined) end.send(this.#publication('pause_publication'));
    else this.#startBoth();
  }

  /** A client's socket is gone; one that had been replaced does not count. */
  detachClient(end: WireEnd): void {
    if (this.#client !== end) return;
    this.#client = undefined;
    this.#agent?.receive(this.#publication('pause_publication'));
    this.#agent?.drained();
  }

  /** Drops the client without touching its socket, for tests of half-open connections. */
  stallClient(): void {
    const end = this.#client;
    if (end === undefined) return;
    end.stall();
    this.detachClient(end);
  }

  cutClient(how: { readonly code?: number; readonly reason?: string; readonly reset?: boolean } = {}): void {
    const end = this.#client;
    if (end === undefined) return;
    if (how.reset) end.reset();
    else if (how.code === 1006) end.drop();
    else end.close(how.code ?? 1000, how.reason ?? 'Bye');
    this.detachClient(end);
  }

  publish(allowed: boolean): void {
    const frame = this.#publication(allowed ? 'start_publication' : 'pause_publication');
    this.#client?.send(frame);
    this.#agent?.receive(frame);
  }

  fromClient(frame: Buffer): void {
    this.#lastDataMs = performance.now();
    if (this.#options.chaos) this.#options.chaos.toAgent(frame, (out) => this.#agent?.receive(out));
    else this.#agent?.receive(frame);
  }

  fromAgent(frame: Buffer): void {
    this.#lastDataMs = performance.now();
    if (this.#options.chaos) this.#options.chaos.toClient(frame, (out) => this.#client?.send(out));
    else this.#client?.send(frame);
  }

  /** Whether frames for the client may be made now. */
  get clientTakesMore(): boolean {
    return this.#client?.takesMore ?? true;
  }

  clientDrained(): void {
    this.#agent?.drained();
  }

  /** The session is over: both ends are told, now or when they come back. */
  end(output: string): void {
    if (this.#endedMs !== undefined) return;
    this.#endedMs = this.#options.date();
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#agentTimer);
    this.#options.chaos?.stop();
    this.#closing = channelClosedFrame(this.id, this.target, output, this.#endedMs);
    this.#client?.send(this.#closing);
    this.#agent?.receive(this.#closing);
    this.#agent = undefined;
  }

  /** The agent dies without a word. */
  killAgent(): void {
    void this.#agent?.kill();
    this.detachAgent();
  }

  /** Everything stops, nobody is told. Resolves when nothing is left of the built-in agent. */
  async dispose(): Promise<void> {
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#agentTimer);
    this.#options.chaos?.stop();
    this.#agent = undefined;
    this.#client = undefined;
    await this.#worker?.kill();
  }

  /** Once: the control channel tells the agent about the session, and its worker connects. */
  #startWorker(): void {
    clearTimeout(this.#agentTimer);
    if (this.#worker !== undefined || this.#endedMs !== undefined) return;
    this.#worker = this.#options.startWorker?.(this);
    this.#agent ??= this.#worker;
    if (this.#client === undefined) this.#worker?.receive(this.#publication('pause_publication'));
  }

  #startBoth(): void {
    const frame = this.#publication('start_publication');
    this.#client?.send(frame);
    this.#agent?.receive(frame);
  }

  #publication(messageType: 'start_publication' | 'pause_publication'): Buffer {
    return publicationFrame(messageType, this.#options.date());
  }

  #watchIdle(afterMs: number): void {
    this.#idleTimer = setTimeout(() => {
      const left = this.#options.idleTimeoutMs - (performance.now() - this.#lastDataMs);
      if (left > 0) this.#watchIdle(left);
      else this.end('Your session timed out due to inactivity.');
    }, afterMs);
  }
}

/** An agent is there about a second after StartSession, or as soon as the client is. */
const agentDelayMs = 1000;

const nothingReceived: Worker['received'] = {
  bytes: 0,
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};

function newToken(): string {
  return `AAEAA${randomBytes(96).toString('base64')}`;
}
