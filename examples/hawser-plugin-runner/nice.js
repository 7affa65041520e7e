/** @type {import('@hawser/cli-kit').ExecRunner} */
export const extension = {
  label: 'nice',
  note: 'A process of yours with the lowest priority; it can read and write what you can.',
  wrap: () => ['nice', '-n', '19'],
};
