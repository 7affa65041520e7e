import { describe, expect, test } from '@jest/globals';
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { scale } from '../../../../test/support/scale.js';
import { logGroup, openBench, shell, useAws } from '../support/aws.js';

const aws = useAws();
let streams = 0;

async function makeStream(messages: readonly string[], at = 1000): Promise<string> {
  const logStreamName = `stream-${(streams += 1)}`;
  await aws.logs.send(new CreateLogStreamCommand({ logGroupName: logGroup, logStreamName }));
  for (let from = 0; from < messages.length; from += 10_000) {
    await aws.logs.send(
      new PutLogEventsCommand({
        logGroupName: logGroup,
        logStreamName,
        logEvents: messages.slice(from, from + 10_000).map((message) => ({ message, timestamp: at })),
      }),
    );
  }
  return logStreamName;
}

const get = (logStreamName: string, more: object = {}) =>
  aws.logs.send(new GetLogEventsCommand({ logGroupName: logGroup, logStreamName, startFromHead: true, ...more }));

describe('GetLogEvents', () => {
  test('goes forward by tokens, and answers the same token at what is the end for now', async () => {
    const stream = await makeStream(['a', 'b', 'c']);
    const first = await get(stream, { limit: 2 });
    expect(first.events!.map(({ message }) => message)).toEqual(['a', 'b']);
    const second = await get(stream, { nextToken: first.nextForwardToken });
    expect(second.events!.map(({ message }) => message)).toEqual(['c']);
    const end = await get(stream, { nextToken: second.nextForwardToken });
    expect([end.events, end.nextForwardToken]).toEqual([[], second.nextForwardToken]);
    await aws.logs.send(
      new PutLogEventsCommand({
        logGroupName: logGroup,
        logStreamName: stream,
        logEvents: [{ message: 'd', timestamp: 1000 }],
      }),
    );
    const later = await get(stream, { nextToken: end.nextForwardToken });
    expect(later.events!.map(({ message }) => message)).toEqual(['d']);
    expect(later.nextForwardToken).not.toBe(end.nextForwardToken);
  });

  test('begins with the newest unless it is told otherwise, and goes backwards', async () => {
    const stream = await makeStream(['a', 'b', 'c']);
    const newest = await get(stream, { startFromHead: false, limit: 2 });
    expect(newest.events!.map(({ message }) => message)).toEqual(['b', 'c']);
    const before = await get(stream, { nextToken: newest.nextBackwardToken });
    expect(before.events!.map(({ message }) => message)).toEqual(['a']);
    expect((await get(stream, { nextToken: before.nextBackwardToken })).nextBackwardToken).toBe(
      before.nextBackwardToken,
    );
  });

  test('cuts pages at 1 MB and at 10,000 events, losing and reordering nothing', async () => {
    const large = await makeStream(Array.from({ length: 3 }, (_, at) => String(at).repeat(400_000)).slice(0, 2));
    await aws.logs.send(
      new PutLogEventsCommand({
        logGroupName: logGroup,
        logStreamName: large,
        logEvents: [{ message: 'z'.repeat(400_000), timestamp: 1000 }],
      }),
    );
    expect((await get(large)).events).toHaveLength(2);
    const count = scale(12_000, 100_000);
    const many = await makeStream(Array.from({ length: count }, (_, at) => `line ${at}`));
    const read: string[] = [];
    for (let token: string | undefined; ;) {
      const page = await get(many, { nextToken: token });
      read.push(...page.events!.map(({ message }) => message!));
      expect(page.events!.length).toBeLessThanOrEqual(10_000);
      if (page.nextForwardToken === token) break;
      token = page.nextForwardToken;
    }
    expect(read).toEqual(Array.from({ length: count }, (_, at) => `line ${at}`));
  });

  test('takes no token that it did not give, and knows no stream that is not there', async () => {
    const stream = await makeStream(['a']);
    await expect(get(stream, { nextToken: 'f/1' })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(get('none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('lines of tasks', () => {
  test(`${scale(5000, 100_000)} of them come in order, none lost`, async () => {
    const count = scale(5000, 100_000);
    const arn = await aws.run(await aws.define([shell(`seq ${count}`)]));
    await aws.until(arn, 'STOPPED');
    const stream = `exec/runner/${arn.split('/').at(-1)}`;
    let next = 1;
    for (let token: string | undefined; ;) {
      const page = await get(stream, { nextToken: token });
      for (const { message } of page.events!) {
        if (message !== String(next)) throw new Error(`${message} came where ${next} was next`);
        next += 1;
      }
      if (page.nextForwardToken === token) break;
      token = page.nextForwardToken;
    }
    expect(next).toBe(count + 1);
  });

  test('longer than 16 KiB become several, and what is not UTF-8 is replaced, as the real driver does', async () => {
    const script = "head -c 20000 /dev/zero | tr '\\0' x; echo; printf 'a\\377b\\n'";
    const arn = await aws.run(await aws.define([shell(script)]));
    await aws.until(arn, 'STOPPED');
    const lines = await aws.lines(arn, 'runner');
    expect(lines.map(({ length }) => length)).toEqual([16_384, 3616, 3]);
    expect(lines[2]).toBe('a\uFFFDb');
  });
});

describe('groups and streams', () => {
  test('are described, filtered, kept for days, and deleted', async () => {
    await aws.logs.send(new CreateLogGroupCommand({ logGroupName: '/other', tags: { a: 'b' } }));
    await expect(aws.logs.send(new CreateLogGroupCommand({ logGroupName: '/other' }))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
    await aws.logs.send(new PutRetentionPolicyCommand({ logGroupName: '/other', retentionInDays: 30 }));
    await expect(
      aws.logs.send(new PutRetentionPolicyCommand({ logGroupName: '/other', retentionInDays: 31 })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    const { logGroups } = await aws.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/oth' }));
    expect(logGroups).toMatchObject([{ logGroupName: '/other', retentionInDays: 30 }]);
    await aws.logs.send(new DeleteLogGroupCommand({ logGroupName: '/other' }));
    await expect(aws.logs.send(new DeleteLogGroupCommand({ logGroupName: '/other' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('FilterLogEvents merges streams by time and pages', async () => {
    const one = await makeStream(['needle 1', 'hay'], 5000);
    const other = await makeStream(['needle 2'], 4000);
    const ask = (more: object) =>
      aws.logs.send(new FilterLogEventsCommand({ logGroupName: logGroup, logStreamNames: [one, other], ...more }));
    const { events } = await ask({ filterPattern: '"needle"' });
    expect(events!.map(({ message, logStreamName }) => [message, logStreamName])).toEqual([
      ['needle 2', other],
      ['needle 1', one],
    ]);
    const first = await ask({ limit: 2 });
    const second = await ask({ limit: 2, nextToken: first.nextToken });
    expect([...first.events!, ...second.events!].map(({ message }) => message)).toEqual([
      'needle 2',
      'needle 1',
      'hay',
    ]);
    expect(second.nextToken).toBeUndefined();
    const { logStreams } = await aws.logs.send(
      new DescribeLogStreamsCommand({ logGroupName: logGroup, logStreamNamePrefix: one }),
    );
    expect(logStreams![0]).toMatchObject({ logStreamName: one, lastEventTimestamp: 5000 });
  });

  test('PutLogEvents refuses what is too much or not in order', async () => {
    const stream = await makeStream(['a']);
    const put = (logEvents: { message: string; timestamp: number }[]) =>
      aws.logs.send(new PutLogEventsCommand({ logGroupName: logGroup, logStreamName: stream, logEvents }));
    const events = [
      [
        { message: 'x', timestamp: 2 },
        { message: 'y', timestamp: 1 },
      ],
      Array.from({ length: 3 }, () => ({ message: 'x'.repeat(400_000), timestamp: 1 })),
      Array.from({ length: 10_001 }, () => ({ message: 'x', timestamp: 1 })),
      [],
    ];
    for (const batch of events) await expect(put(batch)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('the faults of logs', () => {
  test('lines come late, and every other page is empty with a new token that stands for the same place', async () => {
    let nowMs = 1_000_000;
    const bench = await openBench({ nowMs: () => nowMs, faults: { logDelayMs: 5000, emptyLogPages: true } });
    try {
      const arn = await bench.run(await bench.define([shell('echo a; echo b')]));
      await bench.until(arn, 'STOPPED');
      const stream = `exec/runner/${arn.split('/').at(-1)}`;
      const ask = (nextToken?: string) =>
        bench.logs.send(
          new GetLogEventsCommand({ logGroupName: logGroup, logStreamName: stream, startFromHead: true, nextToken }),
        );
      expect((await ask()).events).toEqual([]);
      nowMs += 5000;
      const empty = await ask();
      expect(empty.events).toEqual([]);
      const full = await ask(empty.nextForwardToken);
      expect(full.events!.map(({ message }) => message)).toEqual(['a', 'b']);
      const gap = await ask(full.nextForwardToken);
      expect(gap.events).toEqual([]);
      expect(gap.nextForwardToken).not.toBe(full.nextForwardToken);
      expect((await ask(gap.nextForwardToken)).nextForwardToken).toBe(gap.nextForwardToken);
    } finally {
      await bench.aws.close();
    }
  });
});
