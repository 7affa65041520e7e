import { keyIdOf } from '@hawser/receipts';
import type { Envelope, Json } from '@hawser/receipts';
import { sha256 } from '../log/chain.js';
import type { SessionRow } from '../store/types.js';
import type { ReceiptSigner } from './ports.js';
import type { Service } from './service.js';

/** Kind and version of what is claimed of a session. */
export const sessionKind = 'hawser.session/1';

/**
 * Signs what became of a session: how it ended, the digest and chain of its log, from what it ran, and who held the
 * keyboard when. Commands by digest; nothing of a prompt or an environment.
 */
export async function issueReceipt(service: Service, signer: ReceiptSigner, row: SessionRow): Promise<Envelope> {
  const heads = await service.store.segmentHeads(row.id);
  const bytes = heads.at(-1)?.to ?? 0;
  const body = {
    owner: row.owner,
    attempt: row.attempt,
    command_sha256: sha256(row.argv === null ? (row.command ?? '') : JSON.stringify(row.argv)),
    source: row.source && { url: withoutQuery(row.source.url), revision: row.sourceRevision },
    image: row.image,
    times: {
      created_at: iso(row.createdAt),
      started_at: iso(row.startedAt),
      exited_at: iso(row.exitedAt),
    },
    exit: row.exit && {
      reason: row.exit.reason,
      code: row.exit.code,
      signal: row.exit.signal,
      left_behind: row.exit.leftBehind,
    },
    log: {
      sha256: row.exit?.digest ?? null,
      bytes,
      segments: heads.length,
      chain: heads.at(-1)?.chain ?? null,
      complete: bytes === (row.exit?.offset ?? 0) && row.exit?.digest !== null,
    },
    keyboard: row.keyboard.map(({ viewer, fromMs, toMs, bytes: typed, sha256: hash }) => ({
      viewer,
      from: iso(fromMs),
      to: iso(toMs),
      bytes: typed,
      sha256: hash,
    })),
  } satisfies { readonly [key: string]: Json | undefined };
  return signer.sign({
    kind: sessionKind,
    subject: row.id,
    issuer: `hawser ${service.ports.version}, sessions, key ${keyIdOf(signer.publicKey)}`,
    // The same for every replica that comes to sign it: so is the receipt.
    issued_at: iso(row.exitedAt ?? row.createdAt) as string,
    body,
    number: 1,
  });
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** What stands behind a question mark may be a token. */
function withoutQuery(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  parsed.search = '';
  return parsed.href;
}
