import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Lambda's side of a function: gives it events one by one, and takes its answers. */
export interface LambdaRuntime extends AsyncDisposable {
  /** `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /** Rejects with what the function said when it failed. */
  invoke(event: object): Promise<unknown>;
}

/**
 * The Runtime API on loopback, for one function at a time.
 *
 * @see AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes"
 */
export async function startLambdaRuntime(): Promise<LambdaRuntime> {
  const waiting: { readonly id: string; readonly event: string }[] = [];
  const answers = new Map<string, PromiseWithResolvers>();
  let asks: ServerResponse | undefined;
  let failed: Error | undefined;
  const give = (): void => {
    if (asks === undefined || waiting.length === 0) return;
    const { id, event } = waiting.shift()!;
    asks.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': id,
      'lambda-runtime-deadline-ms': String(Date.now() + 60_000),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:123456789012:function:hawser-service',
    });
    asks.end(event);
    asks = undefined;
  };
  const take = (id: string, what: string | undefined, body: string): void => {
    if (what === 'response') {
      answers.get(id)?.resolve(JSON.parse(body));
      return;
    }
    failed = new Error(body);
    for (const { reject } of answers.values()) reject(failed);
  };
  const server = createServer((incoming, outgoing) => {
    const [, id = '', what] = /invocation\/([^/]+)(?:\/(\w+))?$/.exec(incoming.url ?? '') ?? [];
    if (id === 'next') {
      asks = outgoing;
      give();
      return;
    }
    void text(incoming).then((body) => {
      outgoing.writeHead(202).end('{}');
      return take(id, what, body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    invoke: async (event) => {
      if (failed) throw failed;
      const id = `request-${answers.size + 1}`;
      const answer = withResolvers();
      answers.set(id, answer);
      waiting.push({ id, event: JSON.stringify(event) });
      give();
      return answer.promise;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface PromiseWithResolvers {
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

function withResolvers(): PromiseWithResolvers {
  let made: Omit<PromiseWithResolvers, 'promise'> | undefined;
  const promise = new Promise<unknown>((resolve, reject) => {
    made = { resolve, reject };
  });
  return { promise, ...made! };
}
