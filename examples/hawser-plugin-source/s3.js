/** @type {import('@hawser/cli-kit').SessionSource} */
export const extension = {
  async fetch(source, { signal, onProgress }) {
    const url = addressOf(new URL(source));
    onProgress(`Asking ${url.host}`);
    const { ok, status, body } = await fetch(url, { signal });
    if (!ok || body === null) throw new Error(`${url.host} answered ${status}`);
    return { kind: url.pathname.endsWith('.zip') ? 'zip' : 'tar.gz', body };
  },
};

/**
 * s3://BUCKET/KEY is a public object of S3; s3+http://HOST/BUCKET/KEY and s3+https://… one of another store.
 *
 * @param {URL} source
 */
export function addressOf({ protocol, host, pathname }) {
  if (protocol === 's3:') return new URL(`https://${host}.s3.amazonaws.com${pathname}`);
  return new URL(`${protocol.slice('s3+'.length)}//${host}${pathname}`);
}
