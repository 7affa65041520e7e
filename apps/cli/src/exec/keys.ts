import type { Context } from '@hawser/cli-kit';
import type { ExecClient } from '@hawser/exec-client';
import type { KeyCreated, KeyScope } from '@hawser/exec-client/contract';

type Talk = Pick<Context, 'out' | 'signal'>;

/** Makes a key, and lets it be shown. */
export async function createKey(
  client: ExecClient,
  name: string,
  flags: { readonly scope?: readonly KeyScope[] | undefined; readonly 'expires-in'?: number | undefined },
  { out, signal }: Talk,
): Promise<KeyCreated> {
  const life = flags['expires-in'];
  const key = await client.keys.create(
    {
      name,
      scopes: flags.scope ?? ['run', 'read', 'cancel'],
      ...(life !== undefined && { expires_at: new Date(Date.now() + life).toISOString() }),
    },
    { signal },
  );
  out.show(key.api_key);
  return key;
}

/** Makes a key in the place of another, and lets it be shown. */
export async function rotateKey(
  client: ExecClient,
  id: string,
  { overlap }: { readonly overlap?: number | undefined },
  { out, signal }: Talk,
): Promise<KeyCreated> {
  const overlapSeconds = overlap === undefined ? undefined : Math.ceil(overlap / 1000);
  const key = await client.keys.rotate(id, { overlapSeconds, signal });
  out.show(key.api_key);
  return key;
}
