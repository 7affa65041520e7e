import { encodeChannelClosed, encodeServiceMessage, MessageType } from '@hawser/ssm-channel/codec';
import { randomUUID } from 'node:crypto';

/** Tells an end that it may, or may not, publish data. */
export function publicationFrame(messageType: 'start_publication' | 'pause_publication', nowMs: number): Buffer {
  return encodeServiceMessage({
    messageType,
    createdDate: nowMs,
    sequenceNumber: 0,
    messageId: randomUUID(),
    payload: Buffer.from(JSON.stringify({ SchemaVersion: 1, MessageType: messageType })),
  });
}

/** Tells an end that the session is over. */
export function channelClosedFrame(sessionId: string, destinationId: string, output: string, nowMs: number): Buffer {
  const messageId = randomUUID();
  return encodeServiceMessage({
    messageType: MessageType.ChannelClosed,
    createdDate: nowMs,
    sequenceNumber: 0,
    messageId,
    payload: encodeChannelClosed({
      messageId,
      createdDate: new Date(nowMs).toISOString(),
      destinationId,
      sessionId,
      messageType: MessageType.ChannelClosed,
      schemaVersion: 1,
      output,
    }),
  });
}
