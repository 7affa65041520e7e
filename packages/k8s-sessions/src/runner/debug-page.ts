import type { ServerResponse } from 'node:http';

/** Only what is written here runs on the page, and it talks to nobody but this runner. */
const policy =
  "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'";

/**
 * Sends the runner's own page: for whoever looks at a pod without the service before it. Text only, by ttyd's protocol;
 * the real page is the service's.
 */
export function debugPage(response: ServerResponse): void {
  response
    .writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    .end(page);
}

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Runner</title>
<style>
  body { margin: 0; padding: 1rem; background: #16181d; color: #d8dce4; font: 14px/1.4 ui-monospace, monospace }
  pre { margin: 0 0 1rem; white-space: pre-wrap; overflow-wrap: anywhere }
  input { width: 100%; box-sizing: border-box; padding: .5rem; font: inherit; color: inherit; background: #22262e; border: 1px solid #3a404c }
</style>
<pre id="out" role="log" aria-label="Output"></pre>
<form><input id="line" aria-label="Type a line" placeholder="Type a line" autocomplete="off" autofocus></form>
<script>
  const out = document.getElementById('out');
  const line = document.getElementById('line');
  const text = new TextDecoder();
  // Sequences that move or colour mean nothing without a terminal.
  const plain = (s) => s.replace(/\\x1b(?:\\[[0-?]*[ -\\/]*[@-~]|\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)|[ -\\/]*[0-~])/g, '').replace(/\\r/g, '');
  fetch('token').then((answer) => answer.json()).then(({ token }) => {
    const ws = new WebSocket(location.href.replace(/^http/, 'ws').replace(/[#?].*$/, '').replace(/[^/]*$/, 'ws'), 'tty');
    ws.binaryType = 'arraybuffer';
    ws.onopen = () => ws.send(JSON.stringify({ AuthToken: token, columns: 100, rows: 30 }));
    ws.onmessage = ({ data }) => {
      const bytes = new Uint8Array(data);
      const body = text.decode(bytes.subarray(1), { stream: bytes[0] === 0x30 });
      if (bytes[0] === 0x31) document.title = body;
      if (bytes[0] === 0x30) out.textContent = (out.textContent + plain(body)).slice(-200000);
      scrollTo(0, document.body.scrollHeight);
    };
    ws.onclose = () => { line.disabled = true; };
    document.forms[0].onsubmit = (event) => {
      event.preventDefault();
      ws.send(new TextEncoder().encode('0' + line.value + '\\r'));
      line.value = '';
    };
  });
</script>
</html>
`;
