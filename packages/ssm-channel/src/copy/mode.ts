/** The permission bits that `ls -l` shows as `-rwxr-xr-x`; `undefined` when the text is nothing of the kind. */
export function parseMode(listed: string | undefined): number | undefined {
  const [, bits] = /^.([r-][w-][xsS-][r-][w-][xsS-][r-][w-][xtT-])/.exec(listed ?? '') ?? [];
  if (bits === undefined) return undefined;
  return bits.split('').reduce((mode, bit) => mode * 2 + (/[rwxst]/.test(bit) ? 1 : 0), 0);
}
