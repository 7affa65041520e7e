// The protocol without IO: how fast frames are made, read and accounted for on one core.
// The floor of each row is the SHA-256 that the protocol demands for the same payload, and nothing else.
import { hash, randomUUID } from 'node:crypto';
import { createChannel } from '@hawser/ssm-channel/channel';
import { MessageType, PayloadType, decodeMessage, encodeAcknowledge, encodeMessage } from '@hawser/ssm-channel/codec';
import { createMux } from '@hawser/ssm-channel/smux';
import { quick, record } from '../support/figures.mjs';

const MIB = 2 ** 20;
const scale = process.env.HAWSER_SOAK === '1' ? 8 : quick ? 1 / 4 : 1;
const rounds = quick ? 3 : 5;
const id = randomUUID();
const startMs = 1_700_000_000_000;
const rows = [];

for (const payloadBytes of [1024, 32_768]) {
  const bytes = (payloadBytes === 1024 ? 64 : 512) * MIB * scale;
  for (const [what, run] of Object.entries({
    encode: encodes,
    decode: decodes,
    upload: uploads,
    download: downloads,
  })) {
    run(payloadBytes, bytes / 8);
    compare(`${what}, ${payloadBytes}-byte messages`, 'SHA-256 of the payload', {
      ours: () => run(payloadBytes, bytes),
      floor: () => digests(payloadBytes, bytes),
    });
  }
}
for (const version of [1, 2]) {
  streams(version, 64 * MIB);
  compare(`smux version ${version}, both ends, 32 KiB frames`, 'one copy in memory', {
    ours: () => streams(version, 1024 * MIB * scale),
    floor: () => copies(32_768, 1024 * MIB * scale),
  });
}
console.table(rows);

function compare(what, name, { ours, floor }) {
  const values = { ours: [], floor: [] };
  for (let round = 0; round < rounds; round++) {
    values.ours.push(ours());
    values.floor.push(floor());
  }
  record({
    what,
    unit: 'MiB/s',
    better: 'more',
    ours: values.ours,
    beside: { isFloor: true, name, values: values.floor },
  });
  const [rate, least] = Object.values(values).map((all) => all.toSorted((a, b) => a - b)[rounds >> 1]);
  row(`${what}; floor: ${name}`, rate, least);
}

function row(what, rate, floor) {
  rows.push({
    what,
    figure: `${rate.toFixed(0)} MiB/s`,
    floor: `${floor.toFixed(0)} MiB/s`,
    ratio: (rate / floor).toFixed(2),
  });
}

/** MiB per second of what `work` does, less the time it says was not the subject's. */
function rateOf(bytes, work) {
  const start = performance.now();
  const otherMs = work() ?? 0;
  return bytes / MIB / ((performance.now() - start - otherMs) / 1000);
}

function digests(payloadBytes, bytes) {
  const payload = Buffer.alloc(payloadBytes, 7);
  return rateOf(bytes, () => {
    for (let done = 0; done < bytes; done += payloadBytes) hash('sha256', payload, 'buffer');
  });
}

function copies(frameBytes, bytes) {
  const frame = Buffer.alloc(frameBytes, 7);
  return rateOf(bytes, () => {
    for (let done = 0; done < bytes; done += frameBytes) Buffer.allocUnsafe(frameBytes).set(frame);
  });
}

function encodes(payloadBytes, bytes) {
  const payload = Buffer.alloc(payloadBytes, 7);
  return rateOf(bytes, () => {
    for (let done = 0; done < bytes; done += payloadBytes) input(done, payload);
  });
}

function decodes(payloadBytes, bytes) {
  const frame = input(0, Buffer.alloc(payloadBytes, 7));
  return rateOf(bytes, () => {
    for (let done = 0; done < bytes; done += payloadBytes) decodeMessage(frame);
  });
}

/** Writes, cuts, encodes, keeps in the window, and takes an acknowledgement of every message. */
function uploads(payloadBytes, bytes) {
  const channel = createChannel({ sessionTypes: ['Standard_Stream'], payloadBytes });
  let nowMs = startMs;
  channel.connected(nowMs);
  channel.receive(output(0, Buffer.from('# ')), nowMs);
  channel.take(nowMs);
  const chunk = Buffer.alloc(65_536, 9);
  let written = 0;
  return rateOf(bytes, () => {
    let otherMs = 0;
    while (written < bytes || !channel.flushed) {
      while (written < bytes && channel.write(chunk, nowMs)) written += chunk.length;
      const sent = channel.take(nowMs).filter((wish) => wish.do === 'send');
      const pause = performance.now();
      const acks = sent.map(({ frame }) => acknowledgement(frame));
      otherMs += performance.now() - pause;
      nowMs += 1;
      for (const ack of acks) channel.receive(ack, nowMs);
    }
    return otherMs;
  });
}

/** Takes messages in order, acknowledges each, and hands its payload on. */
function downloads(payloadBytes, bytes) {
  const channel = createChannel({ sessionTypes: ['Standard_Stream'] });
  channel.connected(startMs);
  const payload = Buffer.alloc(payloadBytes, 7);
  let delivered = 0;
  let sequenceNumber = 0;
  return rateOf(bytes, () => {
    let otherMs = 0;
    while (delivered < bytes) {
      const pause = performance.now();
      const frames = Array.from({ length: 32 }, () => output(sequenceNumber++, payload));
      otherMs += performance.now() - pause;
      for (const frame of frames) channel.receive(frame, startMs);
      for (const wish of channel.take(startMs)) {
        if (wish.do !== 'deliver') continue;
        delivered += wish.bytes.length;
        channel.delivered(wish.bytes.length, startMs);
      }
    }
    return otherMs;
  });
}

/** One stream from end to end: written, framed, read, consumed. */
function streams(version, bytes) {
  const client = createMux({ role: 'client', version });
  const server = createMux({ role: 'server', version });
  const stream = client.open(0);
  const chunk = Buffer.alloc(65_536, 9);
  return rateOf(bytes, () => {
    for (let consumed = 0, written = 0; consumed < bytes;) {
      while (written < bytes && client.write(stream, chunk)) written += chunk.length;
      for (let frame = client.next(); frame; frame = client.next()) server.receive(frame, 0);
      for (const wish of server.take()) {
        if (wish.do !== 'data') continue;
        consumed += wish.bytes.length;
        server.consumed(stream, wish.bytes.length, 0);
      }
      for (let frame = server.next(); frame; frame = server.next()) client.receive(frame, 0);
      client.take();
    }
  });
}

function input(sequenceNumber, payload) {
  return message(MessageType.InputStreamData, sequenceNumber, PayloadType.Output, payload);
}

function output(sequenceNumber, payload) {
  return message(MessageType.OutputStreamData, sequenceNumber, PayloadType.Output, payload);
}

function acknowledgement(frame) {
  const sequenceNumber = frame.readUInt32BE(52);
  const payload = encodeAcknowledge({
    messageType: MessageType.InputStreamData,
    messageId: id,
    sequenceNumber,
    isSequential: true,
  });
  return message(MessageType.Acknowledge, 0, PayloadType.Undefined, payload);
}

function message(messageType, sequenceNumber, payloadType, payload) {
  return encodeMessage({ messageType, sequenceNumber, payloadType, payload, createdDate: startMs, messageId: id });
}
