import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toFailure, type Context } from '@hawser/cli-kit';
import type { Hub, PushResult } from '@hawser/hf-push';
import type { Envelope } from '@hawser/receipts';
import { issueReceipt, writeReceipt } from '../receipts/issue.js';
import { journalFolder } from './journals.js';

/** Where receipts of pushes go, and as whose. */
export interface ReceiptPlace {
  readonly dataDir: string;
  readonly version: string;
  /** Where the person wants one, too. */
  readonly receipt: string | undefined;
}

/**
 * Signs what a push did. The receipt of every commit is kept beside the journals, by the first push that found it there;
 * a copy goes to where the person wants it. Answers the file.
 *
 * @throws CliError HAWSER_RECEIPT_FILE when the person's copy cannot be written; what cannot be kept is a warning, since
 * the push is done.
 */
export async function keepPushReceipt(
  { environment, result }: { readonly environment: string; readonly result: PushResult },
  hub: Pick<Hub, 'endpoint' | 'whoAmI'>,
  { dataDir, version, receipt }: ReceiptPlace,
  out: Context['out'],
): Promise<string | undefined> {
  const kept = join(
    journalFolder(dataDir).stateFolder,
    'receipts',
    result.space.replace('/', '--'),
    `${result.commit}.json`,
  );
  const isKept = await isThere(kept);
  if (isKept && receipt === undefined) return kept;
  let envelope: Envelope;
  try {
    envelope = await issueReceipt(
      {
        kind: 'hawser.push/1',
        subject: `${result.space}@${result.commit}`,
        body: await bodyOf(environment, result, hub),
      },
      { dataDir, version },
    );
    if (!isKept) {
      await mkdir(dirname(kept), { recursive: true, mode: 0o700 });
      await writeReceipt(kept, envelope);
    }
  } catch (error) {
    if (receipt !== undefined) throw error;
    await out.warn(`The push is done, and has no receipt: ${toFailure(error).message}`);
    return undefined;
  }
  if (receipt === undefined) return kept;
  await writeReceipt(receipt, envelope);
  return receipt;
}

async function bodyOf(
  environment: string,
  result: PushResult,
  hub: Pick<Hub, 'endpoint' | 'whoAmI'>,
): Promise<Parameters<typeof issueReceipt>[0]['body']> {
  const { added, updated, deleted, same } = result.changes;
  return {
    environment,
    space: result.space,
    endpoint: hub.endpoint,
    // Known to every push that had to look up whose token it is.
    who: (await hub.whoAmI()).name,
    commit: result.commit,
    tree: result.treeId,
    contents: result.contents,
    files: added.length + updated.length + same,
    changed: { added: added.length, updated: updated.length, deleted: deleted.length },
    unchanged: result.unchanged,
    created: result.created,
    resumed: result.resumed,
    settings: result.settings.map((change) => ('key' in change ? `${change.kind} ${change.key}` : change.kind)),
    pull_request: result.pullRequest?.number,
    stage: result.stage,
  };
}

async function isThere(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
