'use strict';
// Runs command lines one after the other in one process, because starting one costs more than what a screen of help does.
// Arguments: the program to run. Standard input: a JSON array of arrays of words. Standard output: what each of them said.
const { readFileSync } = require('node:fs');

const program = require.resolve(process.argv[2]);

/** What is said until the program ends the process, which goes on. */
function run(words) {
  const said = { stdout: '', stderr: '', exitCode: 0 };
  // Put back as they were, on what they belong to.
  // oxlint-disable-next-line typescript/unbound-method
  const original = { stdout: process.stdout.write, stderr: process.stderr.write, exit: process.exit };
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (chunk, encoding, done = encoding) => {
      said[name] += chunk;
      if (typeof done === 'function') process.nextTick(done);
      return true;
    };
  }
  return new Promise((resolve) => {
    process.exit = (code) => {
      said.exitCode = code ?? process.exitCode ?? 0;
      process.exitCode = undefined;
      process.stdout.write = original.stdout;
      process.stderr.write = original.stderr;
      process.exit = original.exit;
      for (const event of ['uncaughtException', 'beforeExit']) process.removeAllListeners(event);
      resolve(said);
    };
    process.argv = [process.execPath, program, ...words];
    delete require.cache[program];
    require(program);
  });
}

void (async () => {
  const all = [];
  for (const words of JSON.parse(readFileSync(0, 'utf8'))) all.push(await run(words));
  process.stdout.write(JSON.stringify(all));
})();
