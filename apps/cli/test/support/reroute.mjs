// Loaded into a command before anything else: what it asks of apps of Spaces goes to HAWSER_TEST_APP instead.
const send = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = new URL(input);
  return url.hostname.endsWith('.hf.space')
    ? send(`${process.env.HAWSER_TEST_APP}${url.pathname}`, init)
    : send(input, init);
};
