import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DialClaim } from './dial-types.js';
import type { Hub } from './hub.js';

/** One question to a runner over HTTP. */
export interface RouteCall {
  readonly hub: Hub;
  readonly folder: string | undefined;
  readonly claim: DialClaim;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export async function answerRoute({ response }: RouteCall): Promise<void> {
  response.writeHead(404).end();
}
