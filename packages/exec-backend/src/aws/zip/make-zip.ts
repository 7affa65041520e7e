import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExecBackendError } from '../../errors.js';

/** Of a function: Lambda calls the first arm64, Node calls the second x64. */
export type Architecture = 'arm64' | 'x64';

/** What goes into the zip of the service. */
export interface ServiceZipParts {
  /** The bundled service: CommonJS that exports `handler`. */
  readonly program: Uint8Array;
  /** Folder of the npm package `bcrypt`, which brings binaries for all platforms. */
  readonly bcrypt: string;
  /** Default `arm64`, as the template has it. */
  readonly architecture?: Architecture;
}

/** `e_machine` of an ELF header: elf(5), EM_AARCH64 and EM_X86_64. */
const MACHINES: Readonly<Record<Architecture, number>> = { arm64: 183, x64: 62 };

/** The name under which Lambda looks for `index.handler`. */
const PROGRAM = 'index.cjs';

/**
 * Makes the zip that Lambda runs: the program, and beside it bcrypt's binary where its loader looks for one. The same
 * parts give the same bytes, so that code which is there already is not sent again.
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_BAD_INPUT` when the binary is not for that machine
 */
export async function makeServiceZip({
  program,
  bcrypt,
  architecture = 'arm64',
}: ServiceZipParts): Promise<Uint8Array> {
  // Amazon Linux has glibc.
  const name = `prebuilds/linux-${architecture}/bcrypt.glibc.node`;
  const binary = await readFile(join(bcrypt, name)).catch((cause: unknown) => {
    throw new ExecBackendError('HAWSER_EXEC_BACKEND_BAD_INPUT', `bcrypt has no binary for ${architecture}`, {
      hint: 'Install bcrypt anew: version 6 brings binaries for all platforms.',
      details: { file: join(bcrypt, name) },
      cause,
    });
  });
  if (machineOf(binary) !== MACHINES[architecture]) {
    throw new ExecBackendError('HAWSER_EXEC_BACKEND_BAD_INPUT', `${name} of bcrypt is not for ${architecture}`, {
      hint: 'Install bcrypt anew.',
      details: { file: join(bcrypt, name) },
    });
  }
  const { zipSync } = await import('fflate');
  // A zip's times are local ones; this is the first that there is, in every zone. Lambda wants files that all may read.
  const file = { mtime: new Date(1980, 0, 1), os: 3, attrs: (0o100644 << 16) >>> 0, level: 9 } as const;
  return zipSync({ [PROGRAM]: [program, file], [name]: [binary, file] });
}

/** The machine that an ELF file is for; `undefined` when it is none. */
export function machineOf(binary: Uint8Array): number | undefined {
  const view = new DataView(binary.buffer, binary.byteOffset, binary.byteLength);
  return binary.byteLength > 20 && view.getUint32(0) === 0x7f45_4c46 ? view.getUint16(18, true) : undefined;
}
