import { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { Aws } from '@hawser/cli-kit';

/**
 * How clients of the SDK get out of here where they would not find the way themselves: through the proxy that is set,
 * trusting `AWS_CA_BUNDLE`. `undefined` where neither is set. `url` is an address that will be called.
 */
export async function requestHandler(aws: Pick<Aws, 'api'>, url: string): Promise<object | undefined> {
  const { upgrade } = await aws.api();
  const [agent, trusted] = await Promise.all([upgrade?.agent?.(url), upgrade?.ca?.()]);
  if (agent === undefined && trusted === undefined) return undefined;
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  // A proxy's agent trusts the same certificates.
  return agent === undefined
    ? new NodeHttpHandler({ httpsAgent: new Agent({ keepAlive: true, ca: [...rootCertificates, ...(trusted ?? [])] }) })
    : new NodeHttpHandler({ httpAgent: agent, httpsAgent: agent as Agent });
}
