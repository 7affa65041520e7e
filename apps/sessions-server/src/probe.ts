import { connect } from 'node:net';
import { Settings } from './settings.js';

/**
 * What `helm test` runs. `service`: the parts of the service answer under their names and take the key. `network`: nothing
 * that is forbidden to a runner can be reached from here.
 */
export async function runProbe([kind = '']: readonly string[]): Promise<number> {
  if (kind === 'service') return await probeService();
  if (kind === 'network') return await probeNetwork();
  process.stderr.write('Usage: hawser-sessions probe service|network\n');
  return 2;
}

async function probeService(): Promise<number> {
  const settings = new Settings(process.env);
  const controller = settings.url('CONTROLLER_PUBLIC', 'the address of the API in the cluster');
  const gateway = settings.url('GATEWAY_URL', 'the address of the gateway in the cluster');
  const key = settings.required('API_KEY', 'the key that the release made or was given');
  settings.check();
  const questions: readonly (readonly [string, string, Record<string, string>, number])[] = [
    ['the controller is ready', `${controller}/readyz`, {}, 200],
    ['it publishes its keys', `${controller}/.well-known/jwks.json`, {}, 200],
    ['it takes the key', `${controller}/api/sessions?limit=1`, { authorization: `Bearer ${key}` }, 200],
    ['it refuses to answer without one', `${controller}/api/sessions?limit=1`, {}, 401],
    ['the gateway is ready', `${gateway}/readyz`, {}, 200],
  ];
  let failures = 0;
  for (const [what, url, headers, status] of questions) {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => error);
    const isRight = answer instanceof Response && answer.status === status;
    if (!isRight) failures += 1;
    const seen = answer instanceof Response ? `answered ${answer.status}` : 'did not answer';
    process.stdout.write(isRight ? `ok: ${what}\n` : `WRONG: ${what}: ${new URL(url).host} ${seen}\n`);
  }
  return failures === 0 ? 0 : 1;
}

async function probeNetwork(): Promise<number> {
  const settings = new Settings(process.env);
  // Every pod is told where the API server is.
  const apiServer = process.env['KUBERNETES_SERVICE_HOST'];
  const places = [...settings.list('FORBIDDEN'), ...(apiServer === undefined ? [] : [`${apiServer}:443`])];
  settings.check();
  const reached = await Promise.all(places.map(canReach));
  for (const [index, place] of places.entries())
    process.stdout.write(reached[index] ? `REACHED: ${place}\n` : `ok: ${place} cannot be reached\n`);
  if (!reached.includes(true)) return 0;
  process.stdout.write('This cluster does not enforce NetworkPolicies: sessions are not shut in.\n');
  return 1;
}

/** Whether a connection opens within five seconds. A refusal counts: somebody was there to refuse. */
async function canReach(place: string): Promise<boolean> {
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(place) ?? [];
  const socket = connect({ host, port: Number(port) });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.setTimeout(5000, () => resolve(false));
      socket.once('connect', () => resolve(true));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
    });
  } finally {
    socket.destroy();
  }
}
