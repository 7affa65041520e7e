import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One of the ways in which Vault, or what stands in its place, does not answer with the secret. */
export type VaultFault = 'sealed' | 'denied' | 'slow' | 'garbage' | 'redirect' | 'kv-1' | 'echo' | 'endless';

/** A stand-in for three endpoints: the job's OIDC token, `auth/<mount>/login` and `<kv>/data/<path>`. */
export interface VaultStandIn {
  readonly address: string;
  /** `HAWSER_VAULT_*` for it, without a login. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables of a GitHub Actions job that may ask for a token here. */
  readonly job: Readonly<Record<string, string>>;
  /** Method, path and headers of every request. */
  readonly requests: readonly string[];
  fault: VaultFault | undefined;
  close(): Promise<void>;
}

/** What must never be seen anywhere. */
export const PLANTED = {
  token: 'hvs.PLANTEDTOKEN',
  jwt: 'eyJhbGciOiJub25lIn0.PLANTEDJWT.x',
  request: 'PLANTEDREQUESTTOKEN',
  apiKey: 'pnu_PLANTEDAPIKEY',
} as const;

/** Starts the stand-in with a secret; tokens, mount, role and audience are checked as Vault does. */
export async function startVault(
  secret: Readonly<Record<string, unknown>> = {
    prefect_api_key: PLANTED.apiKey,
    prefect_api_url: 'https://prefect.corp.example/api',
    extra_setting: 'from vault',
  },
): Promise<VaultStandIn> {
  const requests: string[] = [];
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const standIn: VaultStandIn = {
    address,
    env: { HAWSER_VAULT_ADDR: address },
    job: { ACTIONS_ID_TOKEN_REQUEST_URL: `${address}/oidc?v=2`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: PLANTED.request },
    requests,
    fault: undefined,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    requests.push(`${request.method} ${request.url} namespace=${String(request.headers['x-vault-namespace'])}`);
    const say = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (request.url?.startsWith('/oidc')) {
      const isAsked = new URL(request.url, address).searchParams.get('audience') === 'hawser';
      if (request.headers.authorization !== `bearer ${PLANTED.request}` || !isAsked) return say(401, {});
      return say(200, { value: PLANTED.jwt });
    }
    switch (standIn.fault) {
      case 'sealed':
        return say(503, { errors: ['Vault is sealed'] });
      case 'denied':
        return say(403, { errors: ['permission denied'] });
      case 'echo':
        return say(500, { errors: [request.headers['x-vault-token'], body] });
      case 'slow':
        return;
      case 'garbage':
        return void response.end(`<html>${String(request.headers['x-vault-token'])}</html>`);
      case 'redirect':
        return void response.writeHead(307, { location: `${address}/elsewhere` }).end();
      case 'kv-1':
        return say(200, { data: secret });
      case 'endless':
        response.writeHead(200);
        for (let part = 0; part < 64 && !response.destroyed; part++) response.write(Buffer.alloc(65_536, 32));
        return void response.end();
      case undefined:
    }
    if (request.url === '/v1/auth/github/login') {
      const { role, jwt } = JSON.parse(body) as { readonly role?: string; readonly jwt?: string };
      if (role !== 'deployer' || jwt !== PLANTED.jwt) return say(400, { errors: ['role could not be found'] });
      return say(200, { auth: { client_token: PLANTED.token } });
    }
    if (request.url !== '/v1/kv/data/hawser/prefect') return say(404, { errors: [] });
    if (request.headers['x-vault-token'] !== PLANTED.token) return say(403, { errors: ['permission denied'] });
    return say(200, { data: { data: secret, metadata: { version: 3 } } });
  }

  return standIn;
}
