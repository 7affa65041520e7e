import { homedir } from 'node:os';
import type { DoctorInput } from '@hawser/cli-kit';

/** The person's home folder, as the environment that is looked at has it. */
export function homeOf({ environment }: Pick<DoctorInput, 'environment'>): string {
  return environment['HOME'] || homedir();
}
