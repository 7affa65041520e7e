import { describe, expect, test } from '@jest/globals';
import type { EcsTask, ManagedNode, NodeQuery } from '../../src/aws/api.js';
import { findTarget } from '../../src/aws/targets.js';

const node = (id: string, more: Partial<ManagedNode> = {}): ManagedNode => ({
  id,
  online: true,
  pingStatus: 'Online',
  ...more,
});
const offline = { online: false, pingStatus: 'ConnectionLost' };
const TASK = '0123456789abcdef0123456789abcdef';

/** A lookup over fixed nodes; nodes are tagged by hand, as `tags` tells. */
function lookup(
  nodes: readonly (ManagedNode & { readonly tags?: Record<string, string> })[] = [],
  task?: EcsTask,
): { asked: (NodeQuery | { cluster: string; task: string })[] } & Parameters<typeof findTarget>[1] {
  const asked: (NodeQuery | { cluster: string; task: string })[] = [];
  return {
    asked,
    async describeInstances(query = {}) {
      asked.push(query);
      const { tag } = query;
      return nodes.filter((one) => tag === undefined || one.tags?.[tag.key] === tag.value);
    },
    async describeTask(query) {
      asked.push(query);
      return task;
    },
  };
}
const found = async (text: string, api = lookup()): Promise<string> => (await findTarget(text, api)).target;

describe('finding a target', () => {
  test.each([
    'i-0123456789abcdef0',
    'mi-0123456789abcdef0',
    `ecs:shop_${TASK}_${TASK}-1234567890`,
    'ecs:my_shop_task_runtime',
  ])('%s is taken as it is, without a call', async (id) => {
    const api = lookup();
    await expect(found(id, api)).resolves.toBe(id);
    await expect(found(` ${id} `, api)).resolves.toBe(id);
    expect(api.asked).toEqual([]);
  });

  test('a tag finds the node that bears it', async () => {
    const api = lookup([node('i-1', { tags: { Env: 'prod=eu' } } as object), node('i-2')]);
    await expect(findTarget('tag:Env=prod=eu', api)).resolves.toMatchObject({ target: 'i-1', node: { id: 'i-1' } });
    expect(api.asked).toEqual([{ tag: { key: 'Env', value: 'prod=eu' } }]);
  });

  test('a Name tag wins over names that nodes give themselves', async () => {
    const api = lookup([node('i-1', { computerName: 'web' }), node('i-2', { tags: { Name: 'web' } } as object)]);
    await expect(found('web', api)).resolves.toBe('i-2');
  });

  test.each([
    ['web.internal', 'i-1'],
    ['WEB', 'i-1'],
    ['rack 7', 'mi-1'],
  ])('%s is found by host name or by name', async (text, id) => {
    await expect(
      found(text, lookup([node('i-1', { computerName: 'web.internal' }), node('mi-1', { name: 'Rack 7' })])),
    ).resolves.toBe(id);
  });

  test('several nodes of one name are listed', async () => {
    const api = lookup([
      node('i-1', { computerName: 'web' }),
      node('i-2', { name: 'web' }),
      node('i-3', { computerName: 'web', ...offline }),
    ]);
    await expect(findTarget('web', api)).rejects.toMatchObject({
      code: 'HAWSER_SSM_TARGET_AMBIGUOUS',
      exitCode: 2,
      message: '2 managed nodes answer to web: i-1 (web), i-2 (web)',
      details: {
        candidates: [
          { id: 'i-1', name: 'web', online: true },
          { id: 'i-2', name: 'web', online: true },
        ],
      },
    });
  });

  test('a long list is cut in words and whole in details', async () => {
    const nodes = Array.from({ length: 14 }, (_, at) => node(`i-${at}`, { name: 'web' }));
    const error: unknown = await findTarget('web', lookup(nodes)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: expect.stringMatching(/ and 4 more$/) });
    expect((error as { details: { candidates: unknown[] } }).details.candidates).toHaveLength(14);
  });

  test('a machine that was replaced does not stand in the way of its successor', async () => {
    await expect(
      found('web', lookup([node('i-1', { name: 'web', ...offline }), node('i-2', { name: 'web' })])),
    ).resolves.toBe('i-2');
  });

  test('a node that is offline is not connected, and since when', async () => {
    const api = lookup([node('i-1', { name: 'web', ...offline, lastPing: new Date(0) })]);
    await expect(findTarget('web', api)).rejects.toMatchObject({
      code: 'HAWSER_SSM_TARGET_NOT_CONNECTED',
      message: 'web is the node i-1, which has been out of touch with Session Manager since 1970-01-01T00:00:00.000Z',
      details: { target: 'i-1', pingStatus: 'ConnectionLost' },
    });
  });

  test.each(['nobody', 'tag:Env=test'])('%s, which nobody answers to, is not found', async (text) => {
    await expect(found(text, lookup([node('i-1', { name: 'web' })]))).rejects.toMatchObject({
      code: 'HAWSER_SSM_TARGET_NOT_FOUND',
    });
  });

  test.each(['', ' ', 'tag:Env', 'tag:=x', 'ecs:shop', 'ecs:shop/', 'ecs:/t', 'ecs:a/b/c/d'])(
    '%p is no target',
    async (text) => {
      await expect(found(text)).rejects.toMatchObject({ code: 'HAWSER_SSM_BAD_INPUT', exitCode: 2 });
    },
  );
});

describe('finding a container', () => {
  const web = { name: 'web', runtimeId: `${TASK}-1`, running: true };
  const log = { name: 'log', runtimeId: `${TASK}-2`, running: true };
  const task = (...containers: EcsTask['containers']): EcsTask => ({ id: TASK, cluster: 'shop', containers });

  test('the only running container is the one', async () => {
    const api = lookup([], task(web, { name: 'init', running: false }));
    await expect(findTarget(`ecs:shop/${TASK}`, api)).resolves.toEqual({
      target: `ecs:shop_${TASK}_${TASK}-1`,
      label: `shop/${TASK}/web`,
      ecs: { cluster: 'shop', task: TASK, container: 'web' },
    });
    expect(api.asked).toEqual([{ cluster: 'shop', task: TASK }]);
  });

  test('a container is named, and must exist', async () => {
    await expect(found(`ecs:shop/${TASK}/log`, lookup([], task(web, log)))).resolves.toBe(`ecs:shop_${TASK}_${TASK}-2`);
    await expect(found(`ecs:shop/${TASK}/db`, lookup([], task(web, log)))).rejects.toMatchObject({
      code: 'HAWSER_SSM_TARGET_NOT_FOUND',
      details: { containers: ['web', 'log'] },
    });
  });

  test('several running containers are listed', async () => {
    await expect(found(`ecs:shop/${TASK}`, lookup([], task(web, log)))).rejects.toMatchObject({
      code: 'HAWSER_SSM_TARGET_AMBIGUOUS',
      details: { candidates: ['web', 'log'] },
      hint: `Name one: ecs:shop/${TASK}/web`,
    });
  });

  test('a task that is not there, or does not run, says which', async () => {
    await expect(found(`ecs:shop/${TASK}`, lookup())).rejects.toMatchObject({ code: 'HAWSER_SSM_TARGET_NOT_FOUND' });
    await expect(found(`ecs:shop/${TASK}`, lookup([], task({ name: 'web', running: false })))).rejects.toMatchObject({
      code: 'HAWSER_SSM_TARGET_NOT_CONNECTED',
    });
  });
});
