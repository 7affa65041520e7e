/**
 * Colours and styles in force, each as the parameters that turned it on; an absent one is off. Follows what xterm.js 6
 * understands of SGR (`InputHandler.charAttributes`), so that a text made from it looks there as the original did.
 */
export interface Sgr {
  readonly bold?: '1';
  readonly dim?: '2';
  readonly italic?: '3';
  /** `4`, `4:3`, `21` … */
  readonly underline?: string;
  readonly blink?: '5';
  readonly inverse?: '7';
  readonly invisible?: '8';
  readonly strike?: '9';
  readonly overline?: '53';
  /** `31`, `97`, `38;5;9`, `38;2;1;2;3`, `38:2::1:2:3`. */
  readonly foreground?: string;
  readonly background?: string;
  readonly underlineColor?: string;
}

type Field = keyof Sgr;

/** Nothing on. */
export const plainSgr: Sgr = {};

const off: Readonly<Record<string, readonly Field[]>> = {
  '22': ['bold', 'dim'],
  '23': ['italic'],
  '24': ['underline'],
  '25': ['blink'],
  '27': ['inverse'],
  '28': ['invisible'],
  '29': ['strike'],
  '39': ['foreground'],
  '49': ['background'],
  '55': ['overline'],
  '59': ['underlineColor'],
};

const on: Readonly<Record<string, Field>> = {
  '1': 'bold',
  '2': 'dim',
  '3': 'italic',
  '4': 'underline',
  '5': 'blink',
  '7': 'inverse',
  '8': 'invisible',
  '9': 'strike',
  '21': 'underline',
  '53': 'overline',
};

/** What is on after a sequence with these parameters (the text between `ESC [` and `m`). */
export function applySgr(before: Sgr, parameters: string): Sgr {
  if (parameters === '' || parameters === '0') return plainSgr;
  const parts = parameters.split(';');
  let after: { [K in Field]?: string } = { ...before };
  for (let index = 0; index < parts.length; index++) {
    const part = (parts[index] as string).replace(/^0+(?=\d)/u, '');
    const field = on[part];
    if (part === '' || part === '0') after = {};
    else if (field !== undefined) after[field] = part;
    else if (off[part] !== undefined) for (const gone of off[part]) delete after[gone];
    else if (part.startsWith('4:')) {
      if (part === '4:0') delete after.underline;
      else after.underline = part;
    } else if (/^(?:3[0-7]|9[0-7])$/u.test(part)) after.foreground = part;
    else if (/^(?:4[0-7]|10[0-7])$/u.test(part)) after.background = part;
    else {
      const extended = /^(38|48|58)(:.*)?$/u.exec(part);
      if (!extended) continue;
      const target = extended[1] === '38' ? 'foreground' : extended[1] === '48' ? 'background' : 'underlineColor';
      if (extended[2] !== undefined) after[target] = part;
      else {
        const wanted = parts[index + 1] === '5' ? 2 : parts[index + 1] === '2' ? 4 : 0;
        if (wanted === 0) {
          // A way of naming colours that is not known; xterm.js passes over what it might have been.
          index += 5;
          continue;
        }
        const values = Array.from({ length: wanted }, (_, place) => parts[index + 1 + place] || '0');
        after[target] = [part, ...values].join(';');
        index += wanted;
      }
    }
  }
  return after as Sgr;
}

/** Parameters that turn exactly this on, whatever was on before: begins with a reset. */
export function sgrParameters(sgr: Sgr): string {
  return ['0', ...Object.values(sgr)].join(';');
}

/** Escape text that turns exactly this on. */
export function sgrText(sgr: Sgr): string {
  return `\u001B[${sgrParameters(sgr)}m`;
}

/** Whether two look the same. */
export function sameSgr(one: Sgr, other: Sgr): boolean {
  return one === other || sgrParameters(one) === sgrParameters(other);
}
