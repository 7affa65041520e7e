import { setTimeout as delay } from 'node:timers/promises';
import type { ExecClient } from '@hawser/exec-client';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { CliError } from '../errors.js';
import { writeWhole } from '../wiring/write-whole.js';

/** It is signed when the log was read to its end, which a cloud may take so long for. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 500;

/** Writes the signed receipt of an execution that has ended; answers where. */
export async function saveReceipt(client: ExecClient, record: ExecutionRecord, path: string): Promise<string> {
  const receipt = await signedReceipt(client, record.execution_id);
  try {
    await writeWhole(path, `${JSON.stringify(receipt, null, 2)}\n`);
  } catch (cause) {
    throw new CliError('HAWSER_EXEC_FILE', `The receipt cannot be written to ${path}`, {
      cause,
      hint: `Write it elsewhere: hawser exec wait ${record.execution_id} --receipt FILE`,
    });
  }
  return path;
}

/** The signed receipt of an execution that has ended, once there is one. */
export async function signedReceipt(client: ExecClient, id: string): Promise<unknown> {
  const untilMs = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await client.receipt(id);
    } catch (error) {
      const isYetToCome = (error as { code?: unknown }).code === 'HAWSER_EXEC_NOT_FOUND';
      if (!isYetToCome || Date.now() > untilMs) throw error;
    }
    await delay(PAUSE_MS);
  }
}
