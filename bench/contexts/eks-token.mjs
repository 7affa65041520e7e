// What a token costs each kubectl: our credential plugin beside `node -e 0` on the same Node, and beside
// `aws eks get-token`. Whole processes, interleaved, wall time; ratios of medians of one run, because kubectl waits for
// the plugin and not for its CPU.
// node bench/contexts/eks-token.mjs [--rounds=N] [--signer]   (--signer: the same plugin signing by @smithy/signature-v4)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quick, record } from '../support/figures.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const option = (name) => process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];
const rounds = Number(option('rounds') ?? (quick ? 5 : 21));
const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-token-'));
// A home of nobody, and keys of nobody: nothing is sent, by none of them.
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjE'.repeat(40),
};
const flags = ['--cluster-name', 'staging', '--region', 'eu-west-1'];
const floor = { name: 'node -e 0', command: [process.execPath, '-e', '0'] };
const plugin = {
  name: 'the plugin, as a kubeconfig runs it',
  command: [process.execPath, `${root}apps/cli/dist/eks-token.cjs`, ...flags],
  beside: floor,
  most: 1.7,
};
const cases = [
  floor,
  plugin,
  {
    name: 'hawser aws eks-token',
    command: [process.execPath, `${root}apps/cli/bin/hawser.js`, 'aws', 'eks-token', ...flags],
    beside: floor,
    most: 1.7,
  },
  ...(process.argv.includes('--signer') ? [await libraryCase()] : []),
  ...awsCases(),
];

let missed = 0;
try {
  const tookMs = new Map(cases.map((one) => [one, []]));
  for (let round = 0; round <= rounds; round++) {
    // The first round fills the caches of disk and compiler.
    for (const one of cases) tookMs.get(one).push(...(round === 0 ? (runOnce(one), []) : [runOnce(one)]));
  }
  process.stdout.write(
    `Node ${process.version}, ${rounds} rounds, medians\n\n| | wall ms | ratio | promised |\n|---|---|---|---|\n`,
  );
  for (const one of cases) {
    const wallMs = median(tookMs.get(one));
    const ratio = one.beside === undefined ? undefined : wallMs / median(tookMs.get(one.beside));
    const kept = ratio <= (one.most ?? Infinity) && ratio >= (one.least ?? 0);
    const promised =
      one.most === undefined && one.least === undefined
        ? ''
        : `${one.most ? `≤ ${one.most}` : `≥ ${one.least}`}, ${kept ? 'kept' : 'MISSED'}`;
    if (promised.endsWith('MISSED')) missed++;
    if (one.beside) {
      // What the AWS CLI takes stands beside the plugin, and is the peer's figure.
      const isPeer = one.beside === plugin;
      record({
        what: isPeer ? `a token for kubectl, beside ${one.name}` : one.name,
        unit: 'ms',
        better: 'less',
        ours: tookMs.get(isPeer ? plugin : one),
        beside: isPeer
          ? { name: one.name, values: tookMs.get(one) }
          : { isFloor: true, name: floor.name, values: tookMs.get(floor) },
        ...(promised !== '' && { promised: isPeer ? `${one.least} times as fast` : `≤ ${one.most} ×`, isKept: kept }),
      });
    }
    const words = ratio === undefined ? '' : `${ratio.toFixed(2)} × ${one.beside.name}`;
    process.stdout.write(`| ${[one.name, wallMs.toFixed(0), words, promised].join(' | ')} |\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = missed > 0 ? 1 : 0;

/** The AWS CLIs that the counterparts brought. */
function awsCases() {
  const state = `${root}.cache/counterparts/state.json`;
  const { found } = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : { found: {} };
  const names = ['aws-cli-v1', 'aws-cli-v2'].filter((name) => found[name]);
  if (names.length === 0) {
    process.stderr.write(
      'Not run: the AWS CLI, which is not here. To have it: node scripts/counterparts.mjs --install\n',
    );
  }
  return names.map((name) => ({
    name: `aws eks get-token (${found[name].version.split(' ')[0]})`,
    command: [found[name].path, 'eks', 'get-token', ...flags],
    beside: plugin,
    least: 4,
  }));
}

/** The plugin as it would be with the SDK's signer: the same bundle, its signing replaced. */
async function libraryCase() {
  const requireOf = (path) => createRequire(`${root}${path}/package.json`);
  const { build } = requireOf('apps/cli')('esbuild');
  const entry = join(folder, 'signer.cjs');
  writeFileSync(
    entry,
    `const { SignatureV4 } = require(${JSON.stringify(requireOf('packages/ssm-channel').resolve('@smithy/signature-v4'))});
     const { createHash, createHmac } = require('node:crypto');
     class Sha256 {
       constructor(secret) { this.hash = secret ? createHmac('sha256', secret) : createHash('sha256'); }
       update(data) { this.hash.update(data); }
       async digest() { return this.hash.digest(); }
     }
     const { env } = process;
     const credentials = { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY, sessionToken: env.AWS_SESSION_TOKEN };
     const signer = new SignatureV4({ credentials, region: 'eu-west-1', service: 'sts', sha256: Sha256 });
     const hostname = 'sts.eu-west-1.amazonaws.com';
     signer.presign({
       method: 'GET', protocol: 'https:', hostname, path: '/',
       query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
       headers: { host: hostname, 'x-k8s-aws-id': 'staging' },
     }, { expiresIn: 60, unhoistableHeaders: new Set(['x-k8s-aws-id']) }).then(({ query }) => process.stdout.write(JSON.stringify(query)));`,
  );
  const outfile = join(folder, 'signer.bundle.cjs');
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', target: 'node20.19', minify: true });
  return { name: '@smithy/signature-v4 and nothing else', command: [process.execPath, outfile], beside: floor };
}

function runOnce({ name, command: [program, ...args] }) {
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
  const tookMs = performance.now() - startedMs;
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
  if (args.includes('staging') && !stdout.includes('k8s-aws-v1.')) throw new Error(`${name} printed no token`);
  return tookMs;
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
