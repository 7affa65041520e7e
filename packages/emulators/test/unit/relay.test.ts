import { describe, expect, test } from '@jest/globals';
import { decodeMessage, MessageType, parseChannelClosed } from '@hawser/ssm-channel/codec';
import type { Worker } from '../../src/ssm/agent/worker.js';
import { Relay } from '../../src/ssm/gateway/relay.js';
import type { WireEnd } from '../../src/ssm/gateway/wire-end.js';

interface RecordedEnd extends WireEnd {
  takesMore: boolean;
  /** What was done to it, in order; frames by their type. */
  readonly log: string[];
}

function recordEnd(): RecordedEnd {
  const log: string[] = [];
  return {
    log,
    takesMore: true,
    send: (frame) => log.push(decodeMessage(frame, { checkDigest: false }).messageType),
    hold: () => log.push('hold'),
    release: () => log.push('release'),
    close: (code, reason) => log.push(`close ${code} ${reason}`),
    drop: () => log.push('drop'),
    reset: () => log.push('reset'),
    stall: () => log.push('stall'),
  };
}

function recordWorker(): Worker & { readonly log: string[] } {
  const log: string[] = [];
  return {
    log,
    receive: (frame) => log.push(decodeMessage(frame).messageType),
    drained: () => log.push('drained'),
    kill: () => {
      log.push('kill');
      return Promise.resolve();
    },
    received: { bytes: 0, sha256: '' },
  };
}

function startRelay(worker?: Worker): Relay {
  return new Relay({
    sessionId: 's-1',
    target: 'i-1',
    document: 'd',
    owner: 'o',
    chaos: undefined,
    idleTimeoutMs: 1_000_000,
    startWorker: worker && (() => worker),
    date: () => 1,
  });
}

const facts = { clientVersion: undefined, signature: 'none' } as const;
const { PausePublication: pause, StartPublication: start, ChannelClosed: closed } = MessageType;

describe('a relay', () => {
  test('starts the agent with the client, and pauses it while the client is away', async () => {
    const worker = recordWorker();
    const relay = startRelay(worker);
    const first = recordEnd();
    relay.attachClient(first, facts);
    expect([first.log, worker.log]).toEqual([[start], [start]]);
    relay.detachClient(first);
    expect(worker.log).toEqual([start, pause, 'drained']);
    const second = recordEnd();
    relay.attachClient(second, facts);
    relay.detachClient(first);
    expect([second.log, worker.log.at(-1), relay.reconnects]).toEqual([[start], start, 1]);
    await relay.dispose();
    expect(worker.log.at(-1)).toBe('kill');
  });

  test('holds back a client that an agent over the wire cannot follow, and lets go when one of them is gone', async () => {
    const relay = startRelay();
    const client = recordEnd();
    const agent = recordEnd();
    relay.attachClient(client, facts);
    relay.attachAgent(agent);
    agent.takesMore = false;
    relay.fromClient(Buffer.concat([Buffer.from([0, 0, 0, 112]), Buffer.from('x'.padEnd(32)), Buffer.alloc(100, 1)]));
    expect(client.log).toEqual([pause, start, 'hold']);
    relay.agentDrained();
    expect(client.log.at(-1)).toBe('release');
    relay.detachClient(client);
    expect(agent.log.slice(-2)).toEqual([pause, 'release']);
    const next = recordEnd();
    relay.attachClient(next, facts);
    relay.detachAgent();
    expect(next.log).toEqual([start, 'hold', 'release', pause]);
    await relay.dispose();
  });

  test('tells both ends that the session is over, and every end that comes later', async () => {
    const worker = recordWorker();
    const relay = startRelay(worker);
    const client = recordEnd();
    relay.attachClient(client, facts);
    relay.end('the reason');
    relay.end('another reason');
    expect([client.log, worker.log]).toEqual([
      [start, closed],
      [start, closed],
    ]);
    const frames: Buffer[] = [];
    relay.attachClient({ ...recordEnd(), send: (frame) => frames.push(frame) }, facts);
    expect(frames.map((frame) => parseChannelClosed(decodeMessage(frame).payload).output)).toEqual(['the reason']);
    const agent = recordEnd();
    relay.attachAgent(agent);
    expect(agent.log).toEqual([closed]);
    await relay.dispose();
  });

  test('takes each token once, and only for whom it was issued', async () => {
    const relay = startRelay();
    const token = relay.issueClientToken();
    const agentToken = relay.issueAgentToken();
    expect(relay.takeToken('agent', token)).toBe(false);
    expect([relay.takeToken('client', token), relay.takeToken('client', token)]).toEqual([true, false]);
    expect([relay.takeToken('agent', agentToken), relay.takeToken('agent', agentToken)]).toEqual([true, false]);
    await relay.dispose();
  });
});
