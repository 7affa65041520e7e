import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { machineOf, makeServiceZip } from '../../src/aws/zip/make-zip.js';

const requireBcrypt = createRequire(join(import.meta.dirname, '../../../api-keys/package.json'));
const bcrypt = dirname(requireBcrypt.resolve('bcrypt/package.json'));
const program = Buffer.from('exports.handler = async () => undefined;\n');

test('the zip carries the program and the binary of bcrypt for arm64 Linux: its ELF header says machine 183', async () => {
  const files = unzipSync(await makeServiceZip({ program, bcrypt }));
  expect(Object.keys(files)).toEqual([
    'index.cjs',
    'prebuilds/linux-arm64/bcrypt.glibc.node',
    'prebuilds/linux-x64/bcrypt.glibc.node',
  ]);
  expect(Buffer.from(files['index.cjs'] ?? [])).toEqual(program);
  const binary = files['prebuilds/linux-arm64/bcrypt.glibc.node'] ?? new Uint8Array();
  expect(new DataView(binary.buffer, binary.byteOffset).getUint16(18, true)).toBe(183);
  expect(Buffer.from(binary)).toEqual(readFileSync(join(bcrypt, 'prebuilds/linux-arm64/bcrypt.glibc.node')));
  expect(machineOf(files['prebuilds/linux-x64/bcrypt.glibc.node'] ?? new Uint8Array())).toBe(62);
});

test('the same parts give the same bytes, whatever the time and the time zone', async () => {
  const zone = process.env['TZ'];
  try {
    process.env['TZ'] = 'Pacific/Kiritimati';
    const one = await makeServiceZip({ program, bcrypt });
    process.env['TZ'] = 'America/Los_Angeles';
    const two = await makeServiceZip({ program, bcrypt });
    expect(Buffer.from(one).equals(two)).toBe(true);
    const three = await makeServiceZip({ program: Buffer.from('other'), bcrypt });
    expect(Buffer.from(one).equals(three)).toBe(false);
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});

test('every file may be read by all, as Lambda wants it', async () => {
  const zip = Buffer.from(await makeServiceZip({ program, bcrypt }));
  const end = zip.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  const modes: number[] = [];
  for (let at = zip.readUInt32LE(end + 16); at < end;) {
    modes.push(zip.readUInt16LE(at + 40));
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  expect(modes).toEqual([0o100644, 0o100644, 0o100644]);
});

test('a bcrypt without the binary, or with one for another machine, is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-zip-'));
  try {
    const refusal = { code: 'HAWSER_EXEC_BACKEND_BAD_INPUT' };
    await expect(makeServiceZip({ program, bcrypt: folder })).rejects.toMatchObject(refusal);
    cpSync(join(bcrypt, 'prebuilds/linux-x64'), join(folder, 'prebuilds/linux-arm64'), { recursive: true });
    await expect(makeServiceZip({ program, bcrypt: folder })).rejects.toMatchObject(refusal);
    writeFileSync(join(folder, 'prebuilds/linux-arm64/bcrypt.glibc.node'), 'MZ');
    await expect(makeServiceZip({ program, bcrypt: folder })).rejects.toMatchObject(refusal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
