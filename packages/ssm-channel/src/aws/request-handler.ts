import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { NodeHttpHandler } from '@smithy/node-http-handler';

type Request = Parameters<NodeHttpHandler['handle']>[0];
type Options = Parameters<NodeHttpHandler['handle']>[1];
type Answer = ReturnType<NodeHttpHandler['handle']>;

/** Milliseconds. A resumed session waits for these, so they are shorter than the SDK's own. */
const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 15_000;

/** Carries the SDK's requests; takes the proxy that fits each URL. Loads nothing before the first request. */
export class RequestHandler implements Disposable {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #agentFor: (url: string) => Promise<HttpAgent | undefined>;
  readonly #ca: () => Promise<readonly string[] | undefined>;
  readonly #routes = new Map<HttpAgent | undefined, Promise<NodeHttpHandler>>();

  constructor(
    agentFor: (url: string) => Promise<HttpAgent | undefined>,
    ca: () => Promise<readonly string[] | undefined>,
  ) {
    this.#agentFor = agentFor;
    this.#ca = ca;
  }

  async handle(request: Request, options?: Options): Answer {
    const port = request.port === undefined ? '' : `:${request.port}`;
    const proxy = await this.#agentFor(`${request.protocol}//${request.hostname}${port}/`);
    const route = this.#routes.get(proxy) ?? this.#open(proxy);
    this.#routes.set(proxy, route);
    return await (await route).handle(request, options);
  }

  /** Part of the SDK's interface: nothing here can be changed later. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  /** Closes the connections that were kept. */
  destroy(): void {
    for (const route of this.#routes.values()) {
      void route.then(
        (handler) => handler.destroy(),
        () => undefined,
      );
    }
    this.#routes.clear();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  async #open(proxy: HttpAgent | undefined): Promise<NodeHttpHandler> {
    const [{ NodeHttpHandler }, trusted] = await Promise.all([import('@smithy/node-http-handler'), this.#ca()]);
    const trust = trusted === undefined ? {} : { ca: [...rootCertificates, ...trusted] };
    return new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ANSWER_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpAgent: proxy ?? new HttpAgent({ keepAlive: true }),
      httpsAgent: (proxy as HttpsAgent | undefined) ?? new HttpsAgent({ keepAlive: true, ...trust }),
    });
  }
}
