import { execFile } from 'node:child_process';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openLocalBackend } from '@hawser/exec-backend/local';
import { createExecClient, type ExecClient } from '@hawser/exec-client';
import type { ExecutionRecord, LogEvent } from '@hawser/exec-client/contract';
import { verifyReceipt } from '@hawser/receipts';
import { signedReceipt } from '../exec/save-receipt.js';
import { writtenTogether } from '../exec/written-together.js';
import { publicKeysBelow } from '../receipts/machine-key.js';
import type { Act, TourGround } from './act.js';
import { sha256 } from './digest.js';

const call = promisify(execFile);

/** A command in a clean clone of a repository, with its true exit code and a receipt of it. */
export const run: Act = {
  id: 'run',
  title: 'A command in a clean clone',
  async play(ground) {
    const { project, commit } = await makeProject(ground);
    const client = await openService(ground);
    const { record, log } = await runToEnd(client, project, ground);
    if (log !== 'committed\n') throw new Error(`the command saw ${JSON.stringify(log)}`);
    if (record.exit_code !== 7) throw new Error(`its exit code came as ${record.exit_code}`);
    const number = await checkReceipt(client, record, log, ground);
    return [
      `It ran in a clone of commit ${commit.slice(0, 12)}: what lies uncommitted in the work tree was not there`,
      'It ended with its own exit code, 7',
      `Receipt ${number} is signed, and holds for the log as it was read; with one more byte in the log it does not`,
    ];
  },
};

/** A repository with one commit, and with changes in its work tree. */
async function makeProject({
  env,
  folder,
  signal,
}: TourGround): Promise<{ readonly project: string; readonly commit: string }> {
  const project = join(folder, 'project');
  await mkdir(project);
  const who = { GIT_AUTHOR_NAME: 'Tour', GIT_AUTHOR_EMAIL: 'tour@localhost' };
  const committer = { GIT_COMMITTER_NAME: 'Tour', GIT_COMMITTER_EMAIL: 'tour@localhost' };
  const git = async (...args: readonly string[]): Promise<string> =>
    (await call('git', ['-C', project, ...args], { env: { ...env, ...who, ...committer }, signal })).stdout.trim();
  await git('init', '--quiet');
  await writeFile(join(project, 'state.txt'), 'committed\n');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'Begin');
  await appendFile(join(project, 'state.txt'), 'not committed\n');
  await writeFile(join(project, 'notes.txt'), 'not committed\n');
  return { project, commit: await git('rev-parse', 'HEAD') };
}

async function openService({ after, env, folder, root, version }: TourGround): Promise<ExecClient> {
  const service = await openLocalBackend({
    folder: join(folder, 'exec'),
    supervisor: [process.execPath, join(root, 'dist/lib/exec-supervisor.js')],
    version,
    env,
  });
  after(() => service.close());
  return createExecClient({
    endpoint: 'http://localhost',
    apiKey: service.apiKey,
    fetch: (request) => service.handle(request),
    backendName: 'the service of the tour',
  });
}

async function runToEnd(
  client: ExecClient,
  project: string,
  { after, signal }: TourGround,
): Promise<{ readonly record: ExecutionRecord; readonly log: string }> {
  const { execution_id: id } = await client.start(
    { repo: `file://${project}`, command: 'cat state.txt; test ! -e notes.txt && exit 7', timeout_seconds: 120 },
    { signal },
  );
  let isOver = false;
  after(async () => {
    if (isOver) return;
    await client.cancel(id, { force: true });
    await client.wait(id);
  });
  const events: LogEvent[] = [];
  for await (const event of client.follow(id, { stream: 'runner', signal })) events.push(event);
  const record = await client.wait(id, { signal });
  isOver = true;
  return { record, log: Buffer.from(writtenTogether(events)).toString() };
}

/** Number of the receipt, when it holds for this log and for no other. */
async function checkReceipt(
  client: ExecClient,
  record: ExecutionRecord,
  log: string,
  { folder }: TourGround,
): Promise<number> {
  const receipt = JSON.stringify(await signedReceipt(client, record.execution_id));
  const publicKeys = await publicKeysBelow(folder);
  const verdict = verifyReceipt(receipt, { publicKeys, logSha256: sha256(log) });
  if (!verdict.ok) throw new Error(`the receipt does not hold: ${JSON.stringify(verdict.checks)}`);
  if (verifyReceipt(receipt, { publicKeys, logSha256: sha256(`${log} `) }).ok) {
    throw new Error('the receipt holds for a log that was changed');
  }
  return verdict.claim?.number ?? 0;
}
