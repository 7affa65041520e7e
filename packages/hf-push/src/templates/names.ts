import { HfPushError } from '../errors.js';

/** What a template calls things, made from the environment's name. */
export interface TemplateNames {
  /** `my_env` */
  readonly name: string;
  /** `My`: what classes begin with. */
  readonly prefix: string;
  /** `My Env` */
  readonly title: string;
  /** `my-env` */
  readonly dashed: string;
}

/** Reserved words of Python 3.13, soft ones included where a module of that name could not be imported. */
const keywords: ReadonlySet<string> = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global if ' +
    'import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);

/** Packages that the environment itself imports. */
const taken: ReadonlySet<string> = new Set([
  'openenv',
  'server',
  'models',
  'client',
  'tests',
  'pydantic',
  'fastapi',
  'uvicorn',
]);

/**
 * Makes the names of a template.
 *
 * @throws HfPushError HAWSER_HF_BAD_INPUT when Python could not import a package of that name.
 */
export function namesOf(name: string): TemplateNames {
  const why = whyNot(name);
  if (why !== undefined)
    throw new HfPushError(
      'HAWSER_HF_BAD_INPUT',
      `${JSON.stringify(name)} cannot be the name of an environment: ${why}.`,
      {
        hint: 'Choose a name such as my_env: letters, digits and underscores.',
      },
    );
  const words = name.split('_').filter((word) => word !== '');
  const pascal = (parts: readonly string[]): string =>
    parts.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const own = words.length > 1 && words.at(-1)?.toLowerCase() === 'env' ? words.slice(0, -1) : words;
  return { name, prefix: pascal(own), title: words.map((word) => pascal([word])).join(' '), dashed: words.join('-') };
}

function whyNot(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return 'Python imports names of letters, digits and underscores that do not begin with a digit';
  if (!/[A-Za-z]/.test(name)) return 'it has no letter';
  if (keywords.has(name)) return 'it is a word of Python';
  if (taken.has(name)) return 'the environment imports a package of that name';
  if (name.length > 64) return 'it is longer than 64 letters';
  return undefined;
}
