// Drives a terminal session as a program: creates it, waits for a pattern, types, reads the screen, and gets the receipt.
// Where the service is and the key for it are in the environment, as `hawser sessions serve` prints them.
import { createSessionsClient } from '@hawser/k8s-sessions/client';

const sessions = createSessionsClient({
  url: process.env.HAWSER_SESSIONS_URL,
  apiKey: process.env.HAWSER_SESSIONS_API_KEY,
});

const { sessionId } = await sessions.create({
  command: 'printf "Name? "; read name; echo "Hello, $name"; exit 4',
  size: { cols: 60, rows: 10 },
});

const asked = await sessions.waitFor(sessionId, 'Name\\?');
if (!asked.found) throw new Error('It never asked.');
await sessions.type(sessionId, 'Ada\r');
await sessions.waitFor(sessionId, 'Hello, \\w+');

const over = await sessions.wait(sessionId);
const screen = await sessions.screen(sessionId);
console.log(screen.rows.join('\n').trim());
console.log(`exit code ${over.exit.code}, ${over.log.head} bytes, sha256 ${over.exit.digest}`);

const receipt = await sessions.receipt(sessionId);
console.log(`signed by ${receipt.signatures[0].keyid}`);
