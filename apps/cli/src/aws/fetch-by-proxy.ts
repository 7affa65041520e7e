import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { rootCertificates } from 'node:tls';
import { createAwsApi } from '@hawser/ssm-channel/aws';

/**
 * One request with a text as its body, the way every other call to AWS goes: through the proxy that fits the address,
 * trusting `AWS_CA_BUNDLE`. As much of `fetch` as a signed call needs.
 */
export const fetchByProxy: typeof fetch = async (input, init = {}) => {
  const url = new URL(input instanceof Request ? input.url : input);
  const { upgrade } = createAwsApi({ env: process.env });
  const [agent, trusted] = await Promise.all([upgrade?.agent?.(url.href), upgrade?.ca?.()]);
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  const { signal } = init;
  const sent = open(url, {
    method: init.method ?? 'GET',
    headers: Object.fromEntries(new Headers(init.headers)),
    ...(agent === undefined ? {} : { agent }),
    ...(trusted === undefined ? {} : { ca: [...rootCertificates, ...trusted] }),
    ...(signal ? { signal } : {}),
  });
  sent.end(typeof init.body === 'string' ? init.body : undefined);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of answer as AsyncIterable<Buffer>) parts.push(part);
  return new Response(Buffer.concat(parts), { status: answer.statusCode ?? 502 });
};
