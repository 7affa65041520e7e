import type { ServerResponse } from 'node:http';
import type { LogLine, PodLog } from '../cluster/pod-log.js';
import type { ResourcePath } from './path.js';
import { badRequest, notFound } from './status.js';
import type { World } from './world.js';

/** Answers `pods/NAME/log` with what its container printed (core/v1 PodLogOptions). */
export function serveLog(world: World, path: ResourcePath, query: URLSearchParams, response: ServerResponse): void {
  const { namespace = '', name = '' } = path;
  const pods = world.kinds.byResource('', 'v1', 'pods');
  if (!pods || !world.store.get(pods, namespace, name)) throw notFound('pods', name);
  const container = query.get('container') ?? undefined;
  const log = world.logOf(namespace, name, container);
  if (!log) {
    throw badRequest(
      `container ${JSON.stringify(container ?? '')} in pod "${name}" is waiting to start: ContainerCreating`,
    );
  }
  const write = createWriter(query, response);
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  for (const line of chosen(log, query)) write(line);
  if (query.get('follow') !== 'true' || log.isOver) return void response.end();
  const stop = log.follow((line) => {
    if (line) write(line);
    else response.end();
  });
  world.open.add(response);
  response.on('close', () => {
    stop();
    world.open.delete(response);
  });
}

function chosen(log: PodLog, query: URLSearchParams): readonly LogLine[] {
  const sinceSeconds = query.get('sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const from = sinceSeconds ? Date.now() - Number(sinceSeconds) * 1_000 : sinceTime ? Date.parse(sinceTime) : 0;
  const lines = log.lines.filter(({ at }) => at.getTime() >= from);
  const tail = query.get('tailLines');
  return tail === null ? lines : Number(tail) === 0 ? [] : lines.slice(-Number(tail));
}

function createWriter(query: URLSearchParams, response: ServerResponse): (line: LogLine) => void {
  const isDated = query.get('timestamps') === 'true';
  let left = Number(query.get('limitBytes') ?? Number.POSITIVE_INFINITY);
  return ({ at, bytes }) => {
    const line = isDated ? Buffer.concat([Buffer.from(`${at.toISOString()} `), bytes]) : bytes;
    const written = line.subarray(0, Math.max(left, 0));
    left -= written.length;
    if (written.length > 0) response.write(written);
  };
}
