// Cuts text into tokens as it streams in, and puts tokens together again.
//
// A word token carries the space before it (" mat"), so joining tokens is plain concatenation and needs no rules about
// punctuation, quotes or scripts. Scripts written without spaces (Han, kana, Thai …) give one token a character.

export type Unit = "word" | "char";

export interface Tokeniser {
  /** The tokens that are certainly complete after this piece of text. */
  push(text: string): string[];
  /** What is left at the end of the text. */
  end(): string[];
}

export const PARAGRAPH = "\n\n";
export const LINE = "\n";

/** A run of letters without a break is cut here: no word is longer, and a model's vocabulary stays printable. */
const LONGEST_TOKEN = 64;
const UNSPACED = "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\p{sc=Tibetan}";
const LETTER = `(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])`;
// Joiners inside a word: apostrophes, hyphen, middle dot, the zero-width (non-)joiner of Persian and Indic scripts.
const WORD = `${LETTER}+(?:['’\\-·\\u200c\\u200d]${LETTER}+)*`;
const TOKEN = new RegExp(
  `\\s+|${WORD}|[${UNSPACED}]\\p{M}*|(?:\\p{Emoji_Presentation}|\\p{Extended_Pictographic})(?:[\\ufe0f\\u200d\\p{Emoji_Modifier}\\p{Extended_Pictographic}])*|[^\\s]`,
  "gu",
);

export function createTokeniser(unit: Unit): Tokeniser {
  return unit === "char" ? createCharTokeniser() : createWordTokeniser();
}

/** Text of tokens that follow `before`; a line's first word has no space in front. */
export function joinTokens(tokens: readonly string[], before = ""): string {
  let text = "";
  let last = before.slice(-1);
  for (const token of tokens) {
    const isLineStart = last === "" || last === "\n" || last === " " || last === "\t";
    const piece = isLineStart && token.startsWith(" ") && token.length > 1 ? token.slice(1) : token;
    text += piece;
    last = piece.slice(-1);
  }
  return text;
}

function createCharTokeniser(): Tokeniser {
  let held = "";
  const cut = (text: string) => Array.from(text.replaceAll("\r\n", "\n"));
  return {
    push(text) {
      const all = held + text;
      // CR may be half of CRLF, a high surrogate half of a character.
      held = /[\r\ud800-\udbff]$/.exec(all)?.[0] ?? "";
      return cut(all.slice(0, all.length - held.length));
    },
    end() {
      const rest = cut(held);
      held = "";
      return rest;
    },
  };
}

/** Lines of this length were broken to fit a page: there a newline is a space. Shorter and longer lines end on purpose. */
const WRAPPED_LINE = { shortest: 50, longest: 120 };
/** Tokens near the end of a piece of text may go on in the next one. */
const HELD_BACK_CHARACTERS = 256;

function createWordTokeniser(): Tokeniser {
  let held = "";
  let lineLength = 0;
  let hasSpaceBefore = true; // a text's first word is written like any other: with its space

  function emit(raw: string, out: string[]): void {
    if (/^\s/.test(raw)) {
      const newlines = raw.split("\n").length - 1;
      if (newlines > 0) {
        const isWrap = newlines === 1 && lineLength >= WRAPPED_LINE.shortest && lineLength <= WRAPPED_LINE.longest;
        if (!isWrap) out.push(newlines > 1 ? PARAGRAPH : LINE);
        lineLength = 0;
      } else {
        lineLength += raw.length;
      }
      hasSpaceBefore = true;
      return;
    }
    lineLength += raw.length;
    const token = raw.normalize("NFC");
    for (let at = 0; at < token.length; at += LONGEST_TOKEN) {
      const piece = token.length <= LONGEST_TOKEN ? token : token.slice(at, at + LONGEST_TOKEN).toWellFormed();
      out.push(hasSpaceBefore ? ` ${piece}` : piece);
      hasSpaceBefore = false;
    }
  }

  function take(isEnd: boolean): string[] {
    const out: string[] = [];
    const safe = isEnd ? held.length : held.length - HELD_BACK_CHARACTERS;
    let done = 0;
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(held); match; match = TOKEN.exec(held)) {
      const end = match.index + match[0].length;
      // A run longer than what is held back can only be one endless token: it is cut where we stand.
      if (end >= held.length && !isEnd && match.index > 0) break;
      if (match.index >= safe && !isEnd) break;
      emit(match[0], out);
      done = end;
    }
    held = held.slice(done);
    return out;
  }

  return {
    push(text) {
      held += text.replaceAll("\r\n", "\n");
      return held.length > HELD_BACK_CHARACTERS ? take(false) : [];
    },
    end: () => take(true),
  };
}

/** All tokens of a short text, such as a prompt. */
export function tokenise(text: string, unit: Unit): string[] {
  const tokeniser = createTokeniser(unit);
  return [...tokeniser.push(text), ...tokeniser.end()];
}
