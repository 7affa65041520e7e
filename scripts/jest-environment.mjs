// Each suite has a temporary folder of its own, and fails when it leaves something behind: a file in it, a process, a
// socket, a server.
import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

export default class LeavesNothingBehind extends TestEnvironment {
  #usual;
  #folder;
  #before = active();
  #hasFailures = false;

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
  }

  handleTestEvent(event) {
    if (event.name === 'test_done' && event.test.errors.length > 0) this.#hasFailures = true;
  }

  /** @override */
  async teardown() {
    await super.teardown();
    // A test that failed may have been stopped half-way: what it says matters more than what it left.
    const left = this.#hasFailures ? [] : await this.#left();
    rmSync(this.#folder, { recursive: true, force: true });
    if (this.#usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = this.#usual;
    if (left.length > 0) throw new Error(`This suite leaves behind: ${left.join(', ')}`);
  }

  async #left() {
    for (const until = Date.now() + patienceMs; ; await pause(20)) {
      const things = difference(active(), this.#before);
      const files = readdirSync(this.#folder).filter((name) => name !== nodesOwn);
      if ((things.length === 0 && files.length === 0) || Date.now() > until) return [...things, ...files];
    }
  }
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
