// Cuts a stream of bytes into lines of bounded length; bytes that are no UTF-8 become U+FFFD.

export interface LineSplitter {
  push(bytes: Uint8Array): void;
  end(): void;
}

/** A longer line is handed on in one piece of this size; its rest is dropped and counted. */
export const LONGEST_LINE_CHARACTERS = 16_384;

/** CR ends a line too: progress bars overwrite their line with it. */
export function createLineSplitter(onLine: (line: string) => void, longest = LONGEST_LINE_CHARACTERS): LineSplitter {
  const decoder = new TextDecoder();
  let held = "";
  let cut = 0;

  function hold(text: string): void {
    const room = longest - held.length;
    held += text.slice(0, room);
    cut += Math.max(0, text.length - room);
  }

  function finish(): void {
    const line = cut > 0 ? `${held.toWellFormed()} … (${cut} characters cut)` : held;
    held = "";
    cut = 0;
    if (line !== "") onLine(line.replaceAll("\u0000", ""));
  }

  function take(text: string): void {
    const pieces = text.split(/\r\n|\n|\r/);
    const last = pieces.pop() ?? "";
    for (const piece of pieces) {
      hold(piece);
      finish();
    }
    hold(last);
  }

  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true })),
    end() {
      take(decoder.decode());
      finish();
    },
  };
}
