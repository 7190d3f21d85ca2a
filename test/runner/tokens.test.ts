// Cutting text into tokens and putting it together again.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTokeniser, joinTokens, tokenise, type Unit } from "../../gpu-runner/executors/ngram/tokens.ts";

function inPieces(text: string, unit: Unit, size: number): string[] {
  const tokeniser = createTokeniser(unit);
  const tokens: string[] = [];
  for (let at = 0; at < text.length; at += size) tokens.push(...tokeniser.push(text.slice(at, at + size)));
  return [...tokens, ...tokeniser.end()];
}

describe("word tokens", () => {
  it("carry the space before them, with punctuation apart", () => {
    expect(tokenise(`He said: "I don't (well-known) know…"`, "word")).toEqual([
      " He",
      " said",
      ":",
      ' "',
      "I",
      " don't",
      " (",
      "well-known",
      ")",
      " know",
      "…",
      '"',
    ]);
  });

  it.each([
    ["English", `He said: "I don't know," and left (quickly).`],
    ["German", "Straße, Äpfel und „Gänsefüßchen“ – ja!"],
    ["Arabic", "مرحبا بالعالم، كيف حالك؟"],
    ["Hebrew", "שלום עולם, מה שלומך?"],
    ["Persian with zero-width non-joiners", "می‌خواهم کتاب‌ها را بخوانم."],
    ["Hindi", "नमस्ते दुनिया, आप कैसे हैं?"],
    ["Chinese", "你好，世界。今天天气很好！"],
    ["Japanese", "こんにちは、世界。カタカナも。"],
    ["Thai", "สวัสดีชาวโลก"],
    ["emoji", "Good 👍🏽 family 👨‍👩‍👧 here"],
    ["short lines", "A rose\nis a rose\n\nis a rose."],
  ])("give %s back as it was", (_, text) => {
    expect(joinTokens(tokenise(text, "word"))).toBe(text.normalize("NFC"));
  });

  it("cut scripts without spaces by the character", () => {
    expect(tokenise("今天好", "word")).toEqual([" 今", "天", "好"]);
  });

  it("read a line broken to fit a page as one sentence, and keep the breaks of verse", () => {
    const wrapped = `${"word ".repeat(12).trim()}\nnext line goes on here`;
    expect(tokenise(wrapped, "word")).not.toContain("\n");
    expect(tokenise("A rose\nis a rose", "word")).toContain("\n");
    expect(tokenise("one\n\n\ntwo", "word")).toEqual([" one", "\n\n", " two"]);
  });

  it("never grow without limit", () => {
    const tokens = inPieces("x".repeat(5000), "word", 1000);
    expect(Math.max(...tokens.map((token) => token.length))).toBeLessThanOrEqual(65);
    expect(tokens.join("").replaceAll(" ", "")).toBe("x".repeat(5000));
  });
});

describe.each(["word", "char"] as const)("%s tokens", (unit) => {
  it("are the same however the text is cut into pieces", () => {
    const piece = fc.constantFrom("a", "Zeit ", "\n", "\r\n", "\n\n", " ", "don't", "👍🏽", "世", ".", "  ", "é", "long-".repeat(9));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 300 }), fc.integer({ min: 1, max: 700 }), (pieces, size) => {
        const text = pieces.join("");
        // A piece never ends inside a surrogate pair: the decoder that feeds the tokeniser holds halves back.
        const whole = inPieces(text, unit, text.length || 1);
        let at = 0;
        const tokeniser = createTokeniser(unit);
        const tokens: string[] = [];
        while (at < text.length) {
          let end = Math.min(text.length, at + size);
          if (/[\ud800-\udbff]/.test(text[end - 1] as string)) end += 1;
          tokens.push(...tokeniser.push(text.slice(at, end)));
          at = end;
        }
        tokens.push(...tokeniser.end());
        expect(tokens).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });
});
