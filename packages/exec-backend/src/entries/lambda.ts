import type { Backend } from '../backend.js';
import { type HttpResult, isHttpEvent, requestOf, resultOf } from '../aws/http-events.js';
import { readSettings } from '../aws/names.js';
import { openService } from '../aws/open-service.js';

/**
 * What EventBridge sends when a task changed, or every minute (`detail-type` `Scheduled Event`).
 *
 * @see Amazon ECS Developer Guide, "Amazon ECS task state change events"
 */
export interface BusEvent {
  readonly 'detail-type': string;
  readonly detail?: { readonly taskArn?: string; readonly startedBy?: string };
}

export type { HttpResult };

/** Answers an event: of the REST API, of a function URL, or of EventBridge. */
export type ServiceHandler = (event: object) => Promise<HttpResult | undefined>;

/** Hears why an answer was 500 or 503. */
export type Trouble = (error: unknown, requestId: string) => void;

/** Makes a handler for a service that is opened when the first event comes, and again when that failed. */
export function createServiceHandler(open: () => Promise<Backend>, trouble?: Trouble): ServiceHandler {
  let opened: Promise<Backend> | undefined;
  const service = (): Promise<Backend> =>
    (opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    }));

  return async (event) => {
    if (isHttpEvent(event)) {
      let backend: Backend;
      try {
        backend = await service();
      } catch (error) {
        const requestId = event.requestContext.requestId ?? '';
        trouble?.(error, requestId);
        return unavailable(requestId);
      }
      return resultOf(await backend.handle(requestOf(event)));
    }
    const { 'detail-type': kind, detail } = event as BusEvent;
    const backend = await service();
    if (kind === 'ECS Task State Change') {
      await backend.taskChanged({
        ...(detail?.startedBy !== undefined && { executionId: detail.startedBy }),
        ...(detail?.taskArn !== undefined && { taskArn: detail.taskArn }),
      });
    } else {
      await backend.sweep();
    }
    return undefined;
  };
}

/** The service cannot be opened: what it needs of AWS is out of reach. */
function unavailable(requestId: string): HttpResult {
  const body = {
    error: 'The service cannot reach what it needs of AWS just now.',
    code: 'store_unavailable',
    request_id: requestId,
    retryable: true,
  };
  return {
    statusCode: 503,
    headers: { 'content-type': 'application/json', 'retry-after': '2', 'x-request-id': requestId },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}

/** One line of JSON in the function's own log. */
const log: Trouble = (error, requestId) => {
  const { name, message, code, cause, stack } = error as Error & { readonly code?: string };
  const because = cause instanceof Error ? `${cause.name}: ${cause.message}` : undefined;
  process.stderr.write(`${JSON.stringify({ request_id: requestId, name, code, message, because, stack })}\n`);
};

/** The function of a stack: its settings are in the environment that the template made, its version in the bundle. */
export const handler: ServiceHandler = createServiceHandler(
  () =>
    openService({
      settings: readSettings(process.env),
      version: process.env['HAWSER_VERSION'] ?? 'unknown',
      ports: { trouble: log },
    }),
  log,
);
