// Takes real OpenEnv environments through validate, staging, push and --base-image.
//
//   node packages/hf-push/test/acceptance/real-environments.mjs CHECKOUT… [--base-image=IMAGE] [--json]
//
// A CHECKOUT is a folder with src/envs/* or envs/*, such as a clone of OpenEnv at some revision. Nothing is fetched,
// and nothing of the environments is kept: the Hub is an emulated one on loopback, in this process. Works on what is
// built. Exits with 1 when anything did not go as it should, with 2 on wrong input.
//
// What should be: what validate tells of and what a push tells of agree. What can be staged is pushed, the tree on the
// Hub is the one that was told, its web interface is on, and a second push makes no commit. What cannot is refused by
// push with the same findings, and nothing is made; where only front matter is in the way, it goes through mended.
// Another base image changes lines of FROM and ARG only, reaches the final stage, and leaves no --from without a stage.
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startHubEmulator } from '@hawser/emulators/hub';
import { HfPushError, openHub, push, readContent, stageEnvironment, validateEnvironment } from '@hawser/hf-push';
import { DockerfileParser } from 'dockerfile-ast';

const usage = 'Usage: node real-environments.mjs CHECKOUT… [--base-image=IMAGE] [--json]';
const environmentFolders = ['src/envs', 'envs'];

const { checkouts, baseImage, json } = readArguments();
const rows = [];
for (const checkout of checkouts) rows.push(...(await takeCheckout(checkout)));
const totals = totalsOf(rows);
process.stdout.write(json ? `${JSON.stringify({ environments: rows, totals }, undefined, 2)}\n` : render());
process.exitCode = totals.failed > 0 ? 1 : 0;

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      options: {
        'base-image': { type: 'string', default: 'ghcr.io/hawser-acceptance/other-base:1' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
      allowPositionals: true,
    });
    if (values.help) return end(0, usage);
    if (positionals.length === 0) throw new Error('There is no CHECKOUT.');
    const found = positionals.map((path) => resolve(path));
    const empty = found.find((path) => environmentsIn(path).length === 0);
    if (empty !== undefined) throw new Error(`${empty} has no environments in ${environmentFolders.join('/ or ')}/.`);
    return { checkouts: found, baseImage: values['base-image'], json: values.json };
  } catch (error) {
    return end(2, `${error.message}\n${usage}`);
  }
}

function end(code, text) {
  process[code === 0 ? 'stdout' : 'stderr'].write(`${text}\n`);
  process.exit(code);
}

/** Paths of environments below a checkout. */
function environmentsIn(checkout) {
  return environmentFolders.flatMap((folder) => {
    const path = join(checkout, folder);
    if (!existsSync(path)) return [];
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(path, entry.name, 'server')))
      .map((entry) => `${folder}/${entry.name}`)
      .toSorted();
  });
}

/** Every environment of a checkout, on a Hub of its own: revisions do not meet in one Space. */
async function takeCheckout(checkout) {
  const hub = await startHubEmulator();
  const taken = [];
  try {
    for (const environment of environmentsIn(checkout)) {
      const failures = [];
      const facts = await takeEnvironment(checkout, environment, hub, failures).catch((error) => {
        failures.push(error.stack);
      });
      taken.push({ checkout: basename(checkout), environment, ...facts, failures });
    }
  } finally {
    await hub.close();
  }
  return taken;
}

async function takeEnvironment(checkout, environment, hub, failures) {
  const where = { from: checkout, environment };
  const report = await validateEnvironment(where);
  const facts = {
    layout: report.layout,
    findings: report.findings.map(({ rule, severity, message }) => ({ rule, severity, message })),
    alone: await takeAlone(join(checkout, environment)),
  };
  const asIs = await orRefusal(stageEnvironment({ ...where, spaceName: basename(environment) }));
  checkAgreement(report, asIs, failures);
  if (!(asIs instanceof HfPushError)) return { ...facts, ...(await takeThrough(where, asIs, hub, failures)) };
  const refused = asIs.details.findings;
  await checkRefusal(where, asIs, hub, failures);
  const facing = { ...facts, refused: [...new Set(refused.map(({ rule }) => rule))] };
  if (refused.every(({ rule }) => rule.startsWith('readme/'))) {
    const mending = { ...where, fixReadme: true };
    const mended = await stageEnvironment({ ...mending, spaceName: basename(environment) });
    return { ...facing, mendedBy: '--fix-readme', ...(await takeThrough(mending, mended, hub, failures)) };
  }
  if (refused.every(({ rule }) => rule === 'dockerfile/local-base')) {
    const mending = { ...where, baseImage: 'ghcr.io/hawser-acceptance/mending-base:1' };
    const mended = await stageEnvironment({ ...mending, spaceName: basename(environment) });
    return { ...facing, mendedBy: '--base-image', ...(await takeThrough(mending, mended, hub, failures)) };
  }
  return facing;
}

/** What becomes of the folder where the rest of the repository is not there: sources that are missing, or `whole`. */
async function takeAlone(folder) {
  const from = mkdtempSync(join(tmpdir(), 'hawser-alone-'));
  try {
    cpSync(folder, join(from, basename(folder)), { recursive: true });
    const { findings } = await validateEnvironment({ from, environment: basename(folder) });
    const missing = findings.filter(({ rule }) => rule === 'dockerfile/missing-source');
    return missing.length > 0 ? `${missing.length} missing` : 'whole';
  } finally {
    rmSync(from, { recursive: true });
  }
}

/** Every finding of a push is one of validate; what validate passes can be pushed. */
function checkAgreement(report, staged, failures) {
  const isRefused = staged instanceof HfPushError;
  const said = new Set(report.findings.map(({ rule, severity }) => `${severity} ${rule}`));
  const found = isRefused
    ? staged.details.findings.map(({ rule }) => `error ${rule}`)
    : staged.findings.map(({ rule, severity }) => `${severity} ${rule}`);
  for (const each of found) if (!said.has(each)) failures.push(`validate does not tell of ${each}`);
  if (report.passed && isRefused) failures.push(`validate passes what cannot be staged: ${staged.message}`);
}

async function checkRefusal(where, refusal, hub, failures) {
  const before = hub.requests.length;
  const pushed = await orRefusal(push(clientOf(hub), where));
  if (!(pushed instanceof HfPushError)) failures.push('it was pushed though it cannot be staged');
  else if (pushed.code !== refusal.code || JSON.stringify(pushed.details) !== JSON.stringify(refusal.details))
    failures.push(`push refuses it for another reason: ${pushed.message}`);
  const written = hub.requests.slice(before).find(({ method }) => method !== 'GET');
  if (written || hub.head(spaceOf(hub, where))) failures.push('the refused push made something');
}

async function takeThrough(options, staged, hub, failures) {
  const client = clientOf(hub);
  const first = await push(client, options);
  const head = hub.head(spaceOf(hub, options));
  if (head?.tree !== first.treeId) failures.push(`the Space holds tree ${head?.tree}, not ${first.treeId}`);
  const again = await push(client, options);
  if (!again.unchanged || hub.head(spaceOf(hub, options))?.commits !== head?.commits)
    failures.push('the second push made a commit');
  const dockerfile = await dockerfileOf(staged);
  const web = lastValue(dockerfile, 'ENABLE_WEB_INTERFACE');
  if (web !== 'true') failures.push(`the web interface of what was pushed is ${web}`);
  return { tree: first.treeId, files: staged.files.length, base: await checkBaseImage(options, staged, failures) };
}

async function checkBaseImage(options, staged, failures) {
  const spaceName = basename(options.environment);
  const other = await orRefusal(stageEnvironment({ ...options, baseImage, spaceName }));
  if (other instanceof HfPushError) {
    failures.push(`--base-image breaks it: ${other.message}`);
    return 'broken';
  }
  const dockerfile = await dockerfileOf(other);
  const changed = differingLines(await dockerfileOf(staged), dockerfile);
  for (const line of changed)
    if (!/^\s*(?:FROM|ARG)\s/i.test(line)) failures.push(`--base-image changes another line: ${line}`);
  const parsed = DockerfileParser.parse(dockerfile);
  const stages = parsed.getFROMs().map((from) => from.getBuildStage());
  const image = imageOf(parsed, parsed.getFROMs().at(-1));
  if (image !== baseImage) failures.push(`--base-image leaves the final stage on ${image}`);
  for (const copy of parsed.getCOPYs()) {
    const flag = copy.getFlags().find((each) => each.getName() === 'from');
    const from = flag?.getValue() ?? '';
    if (flag && !stages.includes(from) && !/[/:]/.test(from) && !(Number(from) < stages.length))
      failures.push(`after --base-image, --from=${from} leads to no stage`);
  }
  const rest = ({ files }) => files.flatMap(({ path, oid }) => (path === 'Dockerfile' ? [] : `${path} ${oid}`));
  if (String(rest(other)) !== String(rest(staged))) failures.push('--base-image changes another file');
  return `${changed.length} of FROM and ARG`;
}

/** The image that a stage stands on, by the stages in between and the default of a variable. */
function imageOf(parsed, from) {
  const image = from?.getImage();
  const parent = parsed.getFROMs().find((each) => each !== from && each.getBuildStage() === image);
  if (parent) return imageOf(parsed, parent);
  const name = /^\$\{?(\w+)\}?$/.exec(image ?? '')?.[1];
  const properties = parsed.getInitialARGs().flatMap((arg) => arg.getProperty() ?? []);
  return name === undefined ? image : properties.findLast((each) => each.getName() === name)?.getValue();
}

/** The last value that ENV gives a variable: the final stage is the last. */
function lastValue(dockerfile, name) {
  const properties = DockerfileParser.parse(dockerfile)
    .getENVs()
    .flatMap((env) => env.getProperties());
  return properties.findLast((each) => each.getName() === name)?.getValue();
}

/** Lines of the second text that are others in the first; all of them when their numbers differ. */
function differingLines(before, after) {
  const [first, second] = [before.split('\n'), after.split('\n')];
  return first.length === second.length ? second.filter((line, index) => line !== first[index]) : second;
}

async function dockerfileOf({ files }) {
  return (await readContent(files.find(({ path }) => path === 'Dockerfile'))).toString('utf8');
}

function clientOf(hub) {
  return openHub({ endpoint: hub.endpoint, token: hub.accounts[0].token });
}

function spaceOf(hub, { environment }) {
  return `${hub.accounts[0].name}/${basename(environment)}`;
}

/** What a promise gives, or the error by which our library refuses. */
async function orRefusal(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof HfPushError) return error;
    throw error;
  }
}

function totalsOf(all) {
  const count = (test) => all.filter(test).length;
  const rules = all.flatMap(({ findings = [] }) => [
    ...new Set(findings.map(({ severity, rule }) => `${severity} ${rule}`)),
  ]);
  return {
    environments: all.length,
    pushed: count(({ tree }) => tree !== undefined),
    refusedAsTheyAre: count(({ refused }) => refused !== undefined),
    repositoryLayout: count(({ layout }) => layout === 'repository'),
    danglingAlone: count(({ alone }) => alone !== 'whole'),
    failed: count(({ failures }) => failures.length > 0),
    /** Number of environments with a finding of that rule. */
    rules: Object.fromEntries(
      [...new Set(rules)]
        .toSorted((a, b) => a.localeCompare(b, 'en'))
        .map((rule) => [rule, rules.filter((each) => each === rule).length]),
    ),
  };
}

function render() {
  const { rules, ...counts } = totals;
  const table = rows.map(({ checkout, environment, layout, alone, findings = [], refused, mendedBy, tree, base }) => {
    const told = new Set(findings.map(({ rule }) => rule).filter((rule) => rule !== 'dockerfile/no-user'));
    const result = [refused && 'refused', mendedBy && `${mendedBy}:`, tree?.slice(0, 12)].filter(Boolean).join(' ');
    return [`${checkout}/${environment}`, layout, alone, [...told].join(', ') || '–', result, base ?? '–'];
  });
  const lines = [
    ['environment', 'layout', 'alone', 'findings besides no-user', 'pushed tree', '--base-image: lines'],
    Array.from({ length: 6 }, () => '---'),
    ...table,
  ].map((cells) => `| ${cells.join(' | ')} |`);
  lines.push('', ...Object.entries(counts).map(([name, number]) => `${String(number).padStart(4)} ${name}`));
  lines.push('', ...Object.entries(rules).map(([rule, number]) => `${String(number).padStart(4)} ${rule}`));
  for (const { checkout, environment, failures } of rows)
    lines.push(...failures.map((failure) => `FAILED ${checkout}/${environment}: ${failure}`));
  return `${lines.join('\n')}\n`;
}
