// Each suite has a temporary folder of its own, and fails when it leaves something behind: a file in it, a process, a
// socket, a server.
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TestEnvironment } from 'jest-environment-node';

const watched = new Set([
  'ProcessWrap',
  'TCPServerWrap',
  'TCPSocketWrap',
  'PipeWrap',
  'UDPWrap',
  'FSEventWrap',
  'Worker',
]);
/** Where newer versions of Node keep what they compiled. */
const nodesOwn = 'node-compile-cache';
/** What was closed at the very end may take its time; connections that are kept alive take the longest. */
const patienceMs = 5000;
/**
 * A file that gets a line for each suite: what it took of the processors, its ended children included, and of time, and what
 * of any kind still keeps the process alive. A timer that does is no failure here, but keeps a worker from ending.
 */
const costsFile = process.env.HAWSER_TEST_COSTS;

export default class LeavesNothingBehind extends TestEnvironment {
  #usual;
  #folder;
  #before = active();
  #allBefore = process.getActiveResourcesInfo();
  #hasFailures = false;
  #began = { at: Date.now(), cpu: costsFile === undefined ? 0 : cpuSeconds() };
  #suite;

  constructor(config, context) {
    // The suite gets a copy of the environment, so this comes first.
    const usual = process.env.TMPDIR;
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'hs-'));
    // Tests that drop root's privileges go on below it.
    chmodSync(folder, 0o755);
    process.env.TMPDIR = folder;
    super(config, context);
    this.#usual = usual;
    this.#folder = folder;
    this.#suite = relative(config.globalConfig.rootDir, context.testPath);
  }

  handleTestEvent(event) {
    if (event.name === 'test_done' && event.test.errors.length > 0) this.#hasFailures = true;
  }

  /** @override */
  async teardown() {
    await super.teardown();
    // A test that failed may have been stopped half-way: what it says matters more than what it left.
    const ended = Date.now();
    const left = this.#hasFailures ? [] : await this.#left();
    if (costsFile !== undefined) this.#account(costsFile, ended);
    rmSync(this.#folder, { recursive: true, force: true });
    if (this.#usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = this.#usual;
    if (left.length > 0) throw new Error(`This suite leaves behind: ${left.join(', ')}`);
  }

  #account(file, ended) {
    const cpu = (cpuSeconds() - this.#began.cpu).toFixed(1);
    const [wall, waited] = [ended - this.#began.at, Date.now() - ended].map((ms) => (ms / 1000).toFixed(1));
    const left = difference(process.getActiveResourcesInfo(), this.#allBefore).join(' ');
    appendFileSync(file, `${cpu}\t${wall}\t${waited}\t${this.#suite}\t${left}\n`);
  }

  async #left() {
    for (const until = Date.now() + patienceMs; ; await pause(20)) {
      const things = difference(active(), this.#before);
      const files = readdirSync(this.#folder).filter((name) => name !== nodesOwn);
      if ((things.length === 0 && files.length === 0) || Date.now() > until) return [...things, ...files];
    }
  }
}

/** proc_pid_stat(5): utime, stime, cutime and cstime, in hundredths of a second on every Linux that Node runs on. */
function cpuSeconds() {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

function active() {
  return process.getActiveResourcesInfo().filter((kind) => watched.has(kind));
}

/** What `after` has more of than `before`. */
function difference(after, before) {
  const rest = [...before];
  return after.filter((kind) => {
    const index = rest.indexOf(kind);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}
