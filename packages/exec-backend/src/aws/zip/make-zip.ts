import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExecBackendError } from '../../errors.js';

/** What goes into the zip of the service. */
export interface ServiceZipParts {
  /** The bundled service: CommonJS that exports `handler`. */
  readonly program: Uint8Array;
  /** Folder of the npm package `bcrypt`, which brings binaries for all platforms. */
  readonly bcrypt: string;
}

/**
 * Machines that Lambda has, and `e_machine` of the ELF header of what runs there: elf(5), EM_AARCH64 and EM_X86_64. The
 * template asks for arm64; the other costs 85 kB before it is packed, and lets the same zip run wherever it is tried out.
 */
const MACHINES = { arm64: 183, x64: 62 } as const;

/** The name under which Lambda looks for `index.handler`. */
const PROGRAM = 'index.cjs';

/**
 * Makes the zip that Lambda runs: the program, and beside it bcrypt's binaries where its loader looks for them. The same
 * parts give the same bytes, so that code which is there already is not sent again.
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_BAD_INPUT` when a binary is missing, or not for its machine
 */
export async function makeServiceZip({ program, bcrypt }: ServiceZipParts): Promise<Uint8Array> {
  const files: Record<string, Uint8Array> = { [PROGRAM]: program };
  for (const [architecture, machine] of Object.entries(MACHINES)) {
    // Amazon Linux has glibc.
    const name = `prebuilds/linux-${architecture}/bcrypt.glibc.node`;
    const path = join(bcrypt, name);
    const binary = await readFile(path).catch((cause: unknown) => {
      throw refusal(`bcrypt has no binary for ${architecture}`, path, cause);
    });
    if (machineOf(binary) !== machine) throw refusal(`${name} of bcrypt is not for ${architecture}`, path);
    files[name] = binary;
  }
  const { zipSync } = await import('fflate');
  // A zip's times are local ones; this is the first that there is, in every zone. Lambda wants files that all may read.
  return zipSync(files, { mtime: new Date(1980, 0, 1), os: 3, attrs: (0o100644 << 16) >>> 0, level: 9 });
}

function refusal(message: string, file: string, cause?: unknown): ExecBackendError {
  return new ExecBackendError('HAWSER_EXEC_BACKEND_BAD_INPUT', message, {
    hint: 'Install bcrypt anew: version 6 brings binaries for all platforms.',
    details: { file },
    cause,
  });
}

/** The machine that an ELF file is for; `undefined` when it is none. */
export function machineOf(binary: Uint8Array): number | undefined {
  const view = new DataView(binary.buffer, binary.byteOffset, binary.byteLength);
  return binary.byteLength > 20 && view.getUint32(0) === 0x7f45_4c46 ? view.getUint16(18, true) : undefined;
}
