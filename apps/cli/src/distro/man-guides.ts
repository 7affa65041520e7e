import { type Token, type Tokens, Marked } from 'marked';
import type { Page } from './html.js';
import { exitStatus, guarded, item, page, roff, section, titleLine } from './man.js';
import type { Manual } from './manual.js';

/** One man(7) page for each page of Markdown, by file name: `hawser-copy-files.7`. */
export function renderGuides(manual: Manual, pages: readonly Page[], date: string): ReadonlyMap<string, string> {
  return new Map(
    pages.map(({ id, markdown }) => {
      const name = `${manual.bin}-${id}`;
      const tokens = new Marked().lexer(markdown.replaceAll(/^<!--[\s\S]*?-->\n?/gm, ''));
      const [title] = tokens.filter((token): token is Tokens.Heading => token.type === 'heading' && token.depth === 1);
      const body = tokens.filter((token) => token !== title).flatMap((token) => block(token));
      return [
        `${name}.7`,
        page([
          titleLine(manual, name, '7', date),
          ...section('NAME', [`${roff(name)} \\- ${inline(title?.tokens ?? [])}`]),
          ...(body[0]?.startsWith('.SH ') ? [] : ['.SH DESCRIPTION']),
          ...body.filter((line, place) => line !== '.PP' || (place > 0 && !/^\.S[HS] /.test(body[place - 1] ?? ''))),
        ]),
      ];
    }),
  );
}

/** One man(1) page for each topic that is no command itself: what its commands do. */
export function renderTopics(manual: Manual, date: string): ReadonlyMap<string, string> {
  const names = new Set(manual.commands.map(({ name }) => name));
  return new Map(
    manual.topics
      .filter(([topic]) => !topic.includes(':') && !names.has(topic))
      .map(
        ([topic, text]) => [topic, text, manual.commands.filter(({ name }) => name.startsWith(`${topic} `))] as const,
      )
      .filter(([, , commands]) => commands.length > 0)
      .map(([topic, text, commands]) => {
        const name = `${manual.bin}-${topic}`;
        return [
          `${name}.1`,
          page([
            titleLine(manual, name, '1', date),
            ...section('NAME', [`${roff(name)} \\- ${roff(text.replace(/\.$/, ''))}`]),
            ...section('SYNOPSIS', [`\\fB${roff(`${manual.bin} ${topic}`)}\\fR \\fICOMMAND\\fR [\\fIFLAGS\\fR]`]),
            ...section(
              'COMMANDS',
              commands.flatMap((command) => item(`${manual.bin} ${command.name}`, command.summary)),
            ),
            ...section('EXIT STATUS', exitStatus()),
            ...section('SEE ALSO', [`\\fB${roff(manual.bin)}\\fR(1)`]),
          ]),
        ];
      }),
  );
}

function block(token: Token): string[] {
  switch (token.type) {
    case 'heading':
      return [`${token['depth'] === 2 ? '.SH' : '.SS'} ${inline((token as Tokens.Heading).tokens)}`];
    case 'paragraph':
      return ['.PP', ...texts((token as Tokens.Paragraph).tokens)];
    case 'code':
      return [
        '.PP',
        '.RS 4',
        '.nf',
        ...(token as Tokens.Code).text.split('\n').map((line) => guarded(roff(line))),
        '.fi',
        '.RE',
      ];
    case 'list':
      return (token as Tokens.List).items.flatMap((entry, index) => [
        (token as Tokens.List).ordered ? `.IP ${index + 1}. 4` : '.IP \\(bu 2',
        ...entry.tokens.flatMap((part, place) => (place === 0 ? inner(part) : block(part))),
      ]);
    case 'table':
      return (token as Tokens.Table).rows.flatMap(([first, ...rest]) => [
        '.TP',
        `\\fB${inline(first?.tokens ?? []) || '\\ '}\\fR`,
        ...texts(rest.flatMap(({ tokens }, place) => (place === 0 ? tokens : [between, ...tokens]))),
      ]);
    case 'blockquote':
      return ['.RS 4', ...(token as Tokens.Blockquote).tokens.flatMap((part) => block(part)), '.RE'];
    default:
      return [];
  }
}

const between: Token = { type: 'text', raw: '; ', text: '; ' };

/** The first part of an entry of a list stands beside its mark. */
function inner(token: Token): string[] {
  return token.type === 'text' || token.type === 'paragraph'
    ? texts((token as Tokens.Text).tokens ?? [])
    : block(token);
}

function texts(tokens: readonly Token[]): string[] {
  const lines = inline(tokens)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(guarded);
  return lines.length === 0 ? ['\\ '] : lines;
}

function inline(tokens: readonly Token[]): string {
  return tokens
    .map((token): string => {
      switch (token.type) {
        case 'strong':
          return `\\fB${inline((token as Tokens.Strong).tokens)}\\fR`;
        case 'em':
          return `\\fI${inline((token as Tokens.Em).tokens)}\\fR`;
        case 'codespan':
          return `\\fB${roff((token as Tokens.Codespan).text)}\\fR`;
        case 'link': {
          const { href, tokens: words } = token as Tokens.Link;
          return href.startsWith('http') ? `${inline(words)} (${roff(href)})` : inline(words);
        }
        case 'br':
          return '\n';
        default:
          return roff('text' in token ? String(token.text) : token.raw);
      }
    })
    .join('');
}
