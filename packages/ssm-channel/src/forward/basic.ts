import { FlagPayload, PayloadType, encodeFlag } from '../codec/index.js';
import type { DataChannel } from '../session/session-type.js';
import type { ServedLane } from './lane.js';
import type { NearEnd } from './near-end.js';

/**
 * One local connection after the other, for agents up to 3.0.196.0. Later ones wait their turn.
 * The agent does not tell when the destination closes (amazon-ssm-agent agent/session/plugins/port, basic mode):
 * the local program has to.
 */
export function serveBasic(channel: DataChannel): ServedLane {
  const waiting: NearEnd[] = [];
  /** Sent by a destination that speaks first, before anybody connected. */
  let early: Buffer[] = [];
  let earlier = false;
  let current: NearEnd | undefined;
  let open = true;

  function next(): void {
    const socket = waiting.shift();
    if (socket === undefined) return;
    if (socket.destroyed) return next();
    current = socket;
    earlier = true;
    for (const bytes of early.splice(0)) pass(socket, bytes);
    socket.on('data', (chunk: Buffer) => {
      if (!channel.write(chunk)) socket.pause();
    });
    socket.on('error', () => {});
    socket.once('end', () => socket.end());
    socket.once('close', () => void letGo(socket));
    socket.resume();
  }

  async function letGo(socket: NearEnd): Promise<void> {
    channel.control(PayloadType.Flag, encodeFlag(FlagPayload.DisconnectToPort));
    // The agent acknowledges the flag behind all it sent before: what arrives until then is the old connection's.
    await channel.flush();
    if (current === socket) current = undefined;
    next();
  }

  function pass(socket: NearEnd, bytes: Buffer): void {
    if (socket.destroyed) channel.delivered(bytes.length);
    else socket.write(bytes, () => channel.delivered(bytes.length));
  }

  return {
    served: {
      channel,
      mode: 'basic',
      get open() {
        return open;
      },
      get active() {
        return waiting.length + (current ? 1 : 0);
      },
      carry(socket) {
        waiting.push(socket);
        if (current === undefined) next();
      },
      // Data belongs to the connection here: only what is under way can be waited for.
      ask: () => channel.flush(),
    },
    handler: {
      deliver(kind, bytes) {
        if (kind === 'flag' || kind === 'exit-code') return;
        if (kind === 'output' && current) pass(current, bytes);
        else if (kind === 'output' && !earlier) early.push(bytes);
        else channel.delivered(bytes.length);
      },
      drain: () => current?.resume(),
      ended() {
        open = false;
        early = [];
        current?.destroySoon();
        for (const socket of waiting.splice(0)) socket.resetAndDestroy();
      },
    },
  };
}
