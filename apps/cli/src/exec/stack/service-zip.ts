import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { makeServiceZip } from '@hawser/exec-backend/aws';

/** The zip of the service as this version of the command line carries it. `root` is the folder of the app. */
export async function serviceZip(root: string): Promise<Uint8Array> {
  const requireHere = createRequire(join(root, 'package.json'));
  return makeServiceZip({
    program: await readFile(join(root, 'dist/exec-lambda.cjs')),
    bcrypt: dirname(requireHere.resolve('bcrypt/package.json')),
  });
}
