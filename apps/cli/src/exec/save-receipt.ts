import { writeFile } from 'node:fs/promises';
import type { ExecClient } from '@hawser/exec-client';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { CliError } from '../errors.js';

/** Writes the signed receipt of an execution that has ended; answers where. */
export async function saveReceipt(client: ExecClient, record: ExecutionRecord, path: string): Promise<string> {
  const receipt = await client.receipt(record.execution_id);
  try {
    await writeFile(path, `${JSON.stringify(receipt, null, 2)}\n`);
  } catch (cause) {
    throw new CliError('HAWSER_EXEC_FILE', `The receipt cannot be written to ${path}`, {
      cause,
      hint: `Write it elsewhere: hawser exec wait ${record.execution_id} --receipt FILE`,
    });
  }
  return path;
}
