import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import { Http, type HttpOptions } from '../../src/http/http.js';
import { FastClock } from './hub.js';

/** One answer of a Hub that does as it is told: an answer, or the error of a connection. */
export type Scripted = Response | Error | ((init: RequestInit, url: string) => Promise<Response> | Response);

/** A client of a Hub that answers from a list, one after another, the last one for ever. */
export function scripted(
  answers: readonly Scripted[],
  options: Partial<HttpOptions> = {},
): { readonly http: Http; readonly clock: FastClock; readonly asked: string[] } {
  const asked: string[] = [];
  const clock = new FastClock();
  const http = new Http({
    endpoint: 'https://hub.test',
    token: 'hf_planted',
    clock,
    timeoutMs: 60_000,
    tries: 5,
    maxRateWaitMs: 330_000,
    fetch: async (input, init = {}) => {
      const url = addressOf(input);
      asked.push(`${init.method ?? 'GET'} ${url.replace('https://hub.test', '')}`);
      const answer = answers[Math.min(asked.length, answers.length) - 1] ?? Response.json({});
      if (answer instanceof Error) throw answer;
      return answer instanceof Response ? answer.clone() : await answer(init, url);
    },
    ...options,
  });
  return { http, clock, asked };
}

/** The address of what `fetch` is asked for. */
export function addressOf(input: Parameters<typeof fetch>[0]): string {
  return input instanceof Request ? input.url : String(input);
}

/** What `fetch` throws when a connection fails with this code. */
export function broken(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`${code} happened`), { code }) });
}

/** A refusal as the Hub words it. */
export function refusal(status: number, headers: Record<string, string> = {}, error = 'no'): Response {
  return Response.json({ error }, { status, headers });
}

const servers: ReturnType<typeof createServer>[] = [];

afterEach(async () => {
  await Promise.all(
    servers.splice(0).map(async (server) => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }),
  );
});

/** A server that does as it is told, closed after the test. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<{ readonly url: string; readonly requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
