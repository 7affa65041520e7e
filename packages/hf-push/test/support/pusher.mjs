// A pusher in a process of its own, for tests that kill it or weigh it. Options come as JSON in the first argument:
// endpoint, token, and what `push` takes. Prints the result, or the error, as one line of JSON.
import { readFileSync } from 'node:fs';
import { openHub, push } from '@hawser/hf-push';

const { endpoint, token, ...options } = JSON.parse(process.argv[2]);
try {
  const result = await push(openHub({ endpoint, token }), options);
  console.log(JSON.stringify({ result, peakBytes: peakBytes() }));
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message, details: error.details }));
  process.exitCode = 1;
}

/** Not `resourceUsage` where that can be helped: on Linux its peak begins with that of the process that started this. */
function peakBytes() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}
