import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** One address for all of AWS, as clients know it by AWS_ENDPOINT_URL. */
export interface AwsDoor {
  readonly url: string;
  close(): Promise<void>;
}

/** Operations of Systems Manager that are about sessions; parameters are AWS's. */
const ofSessions = new Set([
  'StartSession',
  'ResumeSession',
  'TerminateSession',
  'DescribeSessions',
  'DescribeInstanceInformation',
  'GetConnectionStatus',
]);

/**
 * Puts both emulators behind one port. Sessions and their keys (KMS) go to Session Manager, everything else to AWS; a
 * session into a container goes on where it was begun. Requests are handed on as they came, so that signatures hold.
 */
export async function openAwsDoor({
  port,
  ssm,
  aws,
}: {
  readonly port: number;
  /** Addresses of the emulators. */
  readonly ssm: string;
  readonly aws: string;
}): Promise<AwsDoor> {
  const server = createServer((asked, answer) => {
    void handOn(asked, answer).catch(() => answer.destroy());
  });
  async function handOn(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await buffer(asked);
    const { hostname, port: to } = new URL(isOfSessions(asked, body) ? ssm : aws);
    const passed = request({
      host: hostname,
      port: to,
      method: asked.method ?? 'GET',
      path: asked.url ?? '/',
      headers: asked.headers,
      setHost: false,
    });
    passed.on('response', (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      given.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    passed.end(body);
  }
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function isOfSessions({ headers }: IncomingMessage, body: Buffer): boolean {
  const [service, operation = ''] = String(headers['x-amz-target'] ?? '').split('.');
  if (service === 'TrentService') return true;
  return service === 'AmazonSSM' && ofSessions.has(operation) && !body.includes('"ecs-execute-command');
}
