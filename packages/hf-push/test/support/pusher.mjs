// A pusher in a process of its own, for tests that kill it or weigh it. Options come as JSON in the first argument:
// endpoint, token, and what `push` takes. Prints the result, or the error, as one line of JSON.
import { openHub, push } from '@hawser/hf-push';

const { endpoint, token, ...options } = JSON.parse(process.argv[2]);
try {
  const result = await push(openHub({ endpoint, token }), options);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ result, peakBytes }));
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message, details: error.details }));
  process.exitCode = 1;
}
