import { SSMClient } from '@aws-sdk/client-ssm';
import type { Bench } from './emulator.js';

/** What is to be wrong with a signature. */
export interface SignUpgradeOptions {
  readonly secret?: string;
  readonly service?: string;
  readonly dateMs?: number;
}

/** Headers of a websocket upgrade, signed by the SDK's own signer. */
export async function signUpgrade(
  bench: Bench,
  streamUrl: string,
  options: SignUpgradeOptions = {},
): Promise<Record<string, string>> {
  const { env, region } = bench.emulator;
  const { config } = new SSMClient({
    region,
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: options.secret ?? env['AWS_SECRET_ACCESS_KEY']!,
    },
  });
  const signer = await config.signer({
    name: 'sigv4',
    signingName: options.service ?? 'ssmmessages',
    signingRegion: region,
    properties: {},
  });
  const url = new URL(streamUrl);
  const signed = await signer.sign(
    {
      method: 'GET',
      protocol: 'wss:',
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host },
    },
    options.dateMs === undefined ? {} : { signingDate: new Date(options.dateMs) },
  );
  return signed.headers;
}
