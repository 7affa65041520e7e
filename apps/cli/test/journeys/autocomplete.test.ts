import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { useHawser } from '../support/hawser.js';

const hawser = useHawser();

test('bash completes commands and flags', async () => {
  expect(await hawser.run(['autocomplete', 'bash'])).toMatchObject({ exitCode: 0 });
  const functions = join(hawser.home, '.cache/hawser/autocomplete/functions/bash/hawser.bash');
  const complete = (...words: string[]): string[] => {
    const script =
      'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hawser_autocomplete; echo "${COMPREPLY[@]}"';
    const replied = execFileSync('bash', ['-c', script, 'bash', functions, ...words], { encoding: 'utf8' });
    // A topic comes once for each of its commands; readline shows it once.
    return [...new Set(replied.trim().split(' '))];
  };
  expect(complete('hawser', 'ssm', 'ru')).toEqual(['run']);
  expect(complete('hawser', 'ssm', 'run', '--re')).toEqual(['--region']);
  expect(complete('hawser', 'em')).toEqual(['emulate']);
  expect(complete('hawser', 'hf', 'pu')).toEqual(['push']);
});
