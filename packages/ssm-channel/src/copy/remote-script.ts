import { createHash } from 'node:crypto';
import { SsmChannelError } from '../errors.js';

/** Unit in which a download is cut and goes on, in bytes; `dd` counts in it. */
export const BLOCK_BYTES: number = 1 << 20;
/** Blocks in a segment of a download. */
const SEGMENT_BLOCKS = 16;
/** How long a finished download waits for the client to take what is under way. */
const FAREWELL_SECONDS = 3600;
/** Characters U+FFFD in a segment above which it travels as base64. */
const MOST_HOLES = 1000;
/** Longest file name, in bytes, that a suffix is put behind; file systems end at 255. */
const LONGEST_NAME = 200;

/*
 * The shell programs that serve the far end of a copy. They need a POSIX shell, base64, a digest tool (cksum at
 * least) and of the POSIX utilities wc, dd, tail, head, ls, rm, mv and chmod, which the smallest images have; stty,
 * readlink and chown are used where they are.
 *
 * There is no single quote and no line end in them, so that they can stand inside single quotes whatever splits the
 * command line; paths travel as octal escapes. Every answer is a line that begins with `@` and the token of this copy,
 * so that nothing else on the same stream is taken for one; every request is a line that begins with the token.
 * `fail <kind> <words>` ends the program.
 */

/**
 * Takes a file over a terminal. Answers `ready <raw|base64> <algorithm> <bytes there> <digest|-> <1 if the path is a folder>
 * [<mode> <owner:group>]` (of the file to be replaced); is told `fresh|append <count>` (bytes if raw, lines of base64 else);
 * reads them; answers `stored <bytes> <digest>`; is told `keep <mode> [<owner:group>]` or `drop`; answers `done`; is told `bye`.
 */
export function uploadScript(options: {
  readonly token: string;
  readonly path: string;
  /** Name that the file gets when the path is a folder. */
  readonly name: string;
  /** Never take raw bytes, even if the terminal could. */
  readonly textOnly: boolean;
}): string {
  const { token, path, name, textOnly } = options;
  const key = createHash('sha256').update(`${path}\0${name}`).digest('hex').slice(0, 16);
  return [
    ...preamble(token, path),
    `ask(){ while :;do read -r x o n u||exit 1;[ "$x" = ${token} ]&&break;done;}`,
    // noclobber refuses what somebody else put there since the rm.
    `fresh(){ e=$( { rm -f "$p"&&set -C&&: >"$p";} 2>&1)||die write $e;}`,
    `i=0;[ -d "$f" ]&&i=1&&f=\${f%/}/$(${printed(name)})&&f=\${f%x}`,
    `if [ -L "$f" ];then r=$(readlink -f "$f" 2>/dev/null;echo x);r=\${r%x};f=\${r%?};[ "$f" ]||die link;fi`,
    `d=\${f%/*};b=\${f##*/}`,
    `[ "$b" ]&&[ -d "$d/" ]||die folder`,
    `[ -e "$f" ]&&[ ! -f "$f" ]&&die special`,
    `p=$f.hawser-part;[ \${#b} -gt ${LONGEST_NAME} ]&&p=$d/.${key}.hawser-part`,
    `w=`,
    textOnly ? `stty raw -echo 2>/dev/null` : `{ stty raw -echo&&[ "$(printf ab|head -c 1)" = a ]&&w=raw;} 2>/dev/null`,
    `[ "$w" ]||for c in "base64 -d" "base64 -D";do [ "$(echo YQ==|$c 2>/dev/null)" = a ]&&w=base64&&break;done`,
    `[ "$w" ]||die tools base64`,
    // What is there already counts only if it is a file of ours: elsewhere than Linux -O may be unknown, and says no.
    `r=0;q=-;if [ -f "$p" ]&&[ ! -L "$p" ]&&[ -O "$p" ];then r=$(($(wc -c <"$p")));[ $r = 0 ]||q=$($g <"$p");else fresh;fi`,
    `set --;[ -f "$f" ]&&set -- $(ls -ldn "$f")`,
    `say ready $w $a $r \${q%% *} $i \${1:+$1 $3:$4}`,
    `ask`,
    `[ "$o" = append ]||fresh`,
    `if [ $n = 0 ];then :;elif [ $w = raw ];then e=$( { head -c $n >>"$p";} 2>&1);else e=$( { head -n $n|$c >>"$p";} 2>&1);fi||{ rm -f "$p";die write $e;}`,
    `q=$($g <"$p");say stored $(($(wc -c <"$p"))) \${q%% *}`,
    `ask`,
    `[ "$o" = keep ]||{ rm -f "$p";exit 1;}`,
    `[ "$u" ]&&chown $u "$p" 2>/dev/null`,
    `e=$( { chmod $n "$p"&&mv -f "$p" "$f";} 2>&1)||{ rm -f "$p";die write $e;}`,
    `say done`,
    // An agent gives what is still under way when its command ends two seconds: we wait to hear that it is there.
    `ask`,
  ].join(';');
}

/**
 * Sends a file in segments. Answers `head <algorithm> <size> <blocks skipped> <digest of those|-> <mode> <U+FFFD>`, then
 * for each segment `raw <bytes> <offsets of U+FFFD, each behind a comma>` and the bytes, or `text` and their base64, and
 * at last `tail <digest of all>`, and waits for Ctrl-C.
 *
 * A segment goes raw when grep can tell where in it the agent will lose bytes (see the unpacker); else as base64. While
 * one is sent, the next is searched, and the digest of the whole file is computed beside all that.
 *
 * @param options.skipBlocks blocks that are here already; none is skipped when the file is shorter
 * @param options.textOnly send everything as base64
 */
export function downloadScript(options: {
  readonly token: string;
  readonly path: string;
  readonly skipBlocks: number;
  readonly textOnly: boolean;
}): string {
  const { token, path, skipBlocks, textOnly } = options;
  const segment = `dd if="$f" bs=${BLOCK_BYTES} skip=$k count=${SEGMENT_BLOCKS} 2>/dev/null`;
  return [
    ...preamble(token, path),
    `[ -d "$f" ]&&die directory`,
    `[ -e "$f" ]&&[ ! -f "$f" ]&&die special`,
    `s=$( { wc -c <"$f";} 2>&1)||{ [ -e "$f" ]&&die read $s;die missing $s;}`,
    `s=$((s));k=${skipBlocks};[ $((k*${BLOCK_BYTES})) -gt $s ]&&k=0`,
    `for c in "base64 -w 0" base64;do [ "$(printf a|$c 2>/dev/null)" = YQ== ]&&break;c=;done`,
    `[ "$c" ]||die tools base64`,
    `q=-;[ $k = 0 ]||q=$(dd if="$f" bs=${BLOCK_BYTES} count=$k 2>/dev/null|$g)`,
    `set -- $(ls -ldL "$f")`,
    `u=$(printf "\\357\\277\\275")`,
    `say head $a $s $k \${q%% *} \${1:-?} $u`,
    // Prints the offsets, and an x where there are too many or grep cannot tell.
    textOnly
      ? `holes(){ echo x;}`
      : `if [ "$(printf a$u|grep -obaF $u 2>/dev/null)" = 1:$u ];then holes(){ ${segment}|grep -obaF $u|{ n=0;while IFS=: read -r x y;do n=$((n+1));[ $n -gt ${MOST_HOLES} ]&&echo x&&break;printf ,$x;done;};};else holes(){ echo x;};fi`,
    `exec 3>&1`,
    `file(){ h=$(holes);while [ $((k*${BLOCK_BYTES})) -lt $s ];do n=$((s-k*${BLOCK_BYTES}));[ $n -gt ${SEGMENT_BLOCKS * BLOCK_BYTES} ]&&n=${SEGMENT_BLOCKS * BLOCK_BYTES};case $h in *x)say text;${segment}|$c&;;*)say raw $n $h;${segment}&;;esac;k=$((k+${SEGMENT_BLOCKS}));h=$(holes);wait;done;}`,
    `q=$(file >&3&$g <"$f";wait)`,
    // See above; there is no input here, but a Ctrl-C reaches the group.
    `trap : INT;say tail \${q%% *};sleep ${FAREWELL_SECONDS}`,
  ].join(';');
}

/** What both programs begin with: a plain environment, ways to answer, the path in `f`, a digest tool in `g`. */
function preamble(token: string, path: string): string[] {
  return [
    `LC_ALL=C;export LC_ALL;umask 077;set -f`,
    `say(){ printf "\\n@${token} %s\\n" "$*";}`,
    `die(){ say fail $*;exit 1;}`,
    // The x keeps line ends at the end of a name, which a shell would cut off.
    `f=$(${printed(path)});f=\${f%x};h=\${HOME:-/}`,
    `case $f in /*);;"~")f=$h;;"~/"*)f=$h/\${f#??};;*)f=$h/$f;;esac`,
    // Asked for the digest of nothing, each shows that it is there and works. OpenSSL is the fastest by far.
    `for g in "openssl dgst -sha256 -r" sha256sum "shasum -a 256" cksum;do case $($g </dev/null 2>/dev/null) in e3b0c44298fc*)a=sha256;break;;4294967295*)a=cksum;break;;esac;a=;done`,
    `[ "$a" ]||die tools cksum`,
  ];
}

/** A command that prints the text and an `x`. */
function printed(text: string): string {
  return `printf %b "${escaped(text)}x"`;
}

function escaped(text: string): string {
  if (text.includes('\0')) throw new SsmChannelError('HAWSER_SSM_BAD_INPUT', 'A path cannot contain a NUL character');
  return text.replaceAll(/[^\w./~-]+/g, (odd) =>
    [...Buffer.from(odd)].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join(''),
  );
}
