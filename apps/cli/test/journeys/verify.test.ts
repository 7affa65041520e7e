import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { HawserEnd } from '@hawser/cli-kit/testing';
import { createSigningKey, signReceipt } from '@hawser/receipts';
import { openArcWorld, whose } from '../support/arc.js';
import { useHawser } from '../support/hawser.js';
import { openWorkshop } from '../support/hub.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();

interface Verified {
  readonly ok: boolean;
  readonly kind: string;
  readonly madeBy: { readonly known: boolean; readonly keyId: string };
  readonly claims: readonly string[];
  readonly missing: readonly string[];
  readonly claim: { readonly body: Readonly<Record<string, unknown>> };
}

/** What `--json` says, held to the schema. */
function verifiedIn({ json }: { readonly json: unknown }): Verified {
  const { data } = json as { readonly data: Verified };
  expectSchema('verify', data);
  return data;
}

describe('the receipt of a push', () => {
  test('is kept with every commit and written where it is asked for; it names commit, tree, digest, files and who', async () => {
    const { run, hub, home, folder } = await openWorkshop(hawser);
    const pushed = await run(['hf', 'push', 'echo_env', '--json', '--receipt', 'push.json']);
    expect(pushed.json).toMatchObject({ data: { pushes: [{ receipt: 'push.json' }] } });
    const head = hub.head('hawser/echo_env');
    const verified = verifiedIn(await run(['verify', 'push.json', '--json']));
    expect(verified).toMatchObject({ ok: true, kind: 'push', madeBy: { known: true } });
    expect(verified.claim.body).toMatchObject({
      space: 'hawser/echo_env',
      commit: head?.commit,
      tree: head?.tree,
      contents: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      files: 11,
      who: 'hawser',
    });
    expect(verified.claims[0]).toBe(`hawser pushed echo_env to the Space hawser/echo_env on ${hub.endpoint}.`);
    expect(verified.missing).toEqual(['Whether the Space still holds it: hawser hf status hawser/echo_env']);
    const key = join(home, '.local/share/hawser/receipt-key.pem');
    expect((await stat(key)).mode & 0o777).toBe(0o600);

    const again = await run(['hf', 'push', 'echo_env', '--json']);
    const [{ receipt: kept = '' } = {}] = (again.json as { data: { pushes: { receipt?: string }[] } }).data.pushes;
    expect(kept).toBe(join(home, `.local/share/hawser/hf/receipts/hawser--echo_env/${head?.commit}.json`));
    expect(JSON.parse(await readFile(kept, 'utf8'))).toEqual(
      JSON.parse(await readFile(join(folder, 'push.json'), 'utf8')),
    );

    expect(await run(['hf', 'push', 'echo_env', 'coding_env', '--receipt', 'one.json'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Several pushes cannot have one receipt'),
    });
    const nowhere = await run(['hf', 'push', 'echo_env', '--json', '--receipt', 'no/such/folder.json']);
    expect([nowhere.exitCode, nowhere.json]).toMatchObject([2, { error: { code: 'HAWSER_RECEIPT_FILE' } }]);
  });

  test('of an applied plan is the same', async () => {
    const { run } = await openWorkshop(hawser);
    await run(['hf', 'plan', 'echo_env', '--output', 'plan.json']);
    await run(['hf', 'apply', 'plan.json', '--receipt', 'applied.json']);
    expect(await run(['verify', 'applied.json'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/pushed echo_env to the Space hawser\/echo_env[^]*The receipt holds\.\n$/),
    });
  });
});

describe('the receipt of arc verify', () => {
  test('names each check; its recording is compared, and another is told from it', async () => {
    await using world = await openArcWorld(hawser);
    const { folder } = world;
    const run = (args: readonly string[]): Promise<HawserEnd> => world.run(args);
    expect((await run(['arc', 'record', ...whose, '--looks', '1', '--receipt', 'record.json'])).exitCode).toBe(0);
    const compared = await run(['verify', 'record.json', '--log', 'arc-snapshot.json', '--json']);
    expect(verifiedIn(compared)).toMatchObject({ ok: true, kind: 'arc', claim: { body: { outcome: 'healthy' } } });
    await run(['arc', 'verify', ...whose, '--receipt', 'verify.json']);
    const evidence = '.hawser/arc/latest/evidence/snapshot.json';
    const { stdout, exitCode } = await run(['verify', 'verify.json', '--log', evidence]);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/Checks: C1 pass, [^]*✓ log: [^]*holds\.\n$/)]);
    await writeFile(join(folder, 'other.json'), `${await readFile(join(folder, 'arc-snapshot.json'), 'utf8')} `);
    expect(await run(['verify', 'record.json', '--log', 'other.json'])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('The receipt is wrong: log.'),
    });
  });
});

describe('hawser verify', () => {
  test('says that a file is no receipt, and which kind nobody here knows', async () => {
    const notes = join(hawser.temp, 'notes.txt');
    await writeFile(notes, 'no receipt\n');
    const none = await hawser.run(['verify', notes, '--json']);
    expect([none.exitCode, none.json]).toMatchObject([2, { error: { code: 'HAWSER_VERIFY_NO_RECEIPT' } }]);
    // Who asked for an execution's receipt is told what is wrong with it as one.
    expect(await hawser.run(['exec', 'verify', notes])).toMatchObject({ exitCode: 1 });

    const key = createSigningKey();
    const claim = { kind: 'acme.invoice/1', subject: '17', issuer: 'acme', issued_at: '2026-01-01T00:00:00Z' };
    const invoice = join(hawser.temp, 'invoice.json');
    const pem = join(hawser.temp, 'acme.pem');
    await writeFile(invoice, JSON.stringify(signReceipt({ ...claim, body: { total: 12 }, number: 1 }, key)));
    await writeFile(pem, key.publicKey);
    const verified = verifiedIn(await hawser.run(['verify', invoice, '--public-key', pem, '--json']));
    expect(verified).toMatchObject({ ok: true, kind: 'acme.invoice/1', claims: ['Total: 12.'] });
    expect(verified.missing).toEqual(['Whoever knows receipts of the kind acme.invoice/1: a plugin may']);
    const unknown = await hawser.run(['verify', invoice]);
    expect([unknown.exitCode, unknown.stdout]).toEqual([
      1,
      expect.stringMatching(/Missing:\n {2}The public key of its signer: --public-key FILE\n[^]*Nobody vouches/),
    ]);
  });
});
