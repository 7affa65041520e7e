import type { SessionRow } from '../store/types.js';
import { issueReceipt } from './receipt.js';
import type { Service } from './service.js';

/**
 * Closes a session whose log has come in whole, or will not: signs the receipt and moves it to `archived`. False while
 * segments may still come.
 */
export async function archiveSession(service: Service, row: SessionRow): Promise<boolean> {
  const { store, settings, ports } = service;
  const info = await store.logInfo(row.id);
  const stored = info?.head ?? 0;
  const isWhole = stored >= (row.exit?.offset ?? 0);
  if (!isWhole && service.nowMs() - (row.exitedAt ?? 0) < settings.lostAfterMs) return false;
  const receipt = ports.signer ? await issueReceipt(service, ports.signer, row) : null;
  const archived = await store.updateSession(
    row.id,
    { from: ['exited'] },
    { state: 'archived', receipt, logHead: stored, logLines: info?.lines ?? 0 },
    { actor: 'controller', kind: 'archived', data: { complete: isWhole, bytes: stored } },
  );
  return archived !== undefined;
}
