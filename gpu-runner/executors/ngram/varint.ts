// Small numbers in few bytes: LEB128, seven bits a byte, lowest first.

export class MalformedVarints extends Error {}

export interface VarintWriter {
  /** A whole number from 0 to 2³¹ − 1. */
  write(value: number): void;
  bytes(): Buffer;
}

const LONGEST_BYTES = 5;

export function createVarintWriter(): VarintWriter {
  let buffer = Buffer.allocUnsafe(1 << 16);
  let length = 0;
  return {
    write(value) {
      if (length + LONGEST_BYTES > buffer.length) {
        const longer = Buffer.allocUnsafe(buffer.length * 2);
        buffer.copy(longer, 0, 0, length);
        buffer = longer;
      }
      let rest = value;
      while (rest > 127) {
        buffer[length] = (rest & 127) | 128;
        length += 1;
        rest >>>= 7;
      }
      buffer[length] = rest;
      length += 1;
    },
    bytes: () => buffer.subarray(0, length),
  };
}

export function createVarintReader(bytes: Uint8Array): { read(): number } {
  let at = 0;
  return {
    read() {
      let value = 0;
      for (let shift = 0; shift < LONGEST_BYTES * 7; shift += 7) {
        const byte = bytes[at];
        if (byte === undefined) throw new MalformedVarints("the file ends in the middle of a table");
        at += 1;
        value += (byte & 127) * 2 ** shift;
        if (byte < 128) return value;
      }
      throw new MalformedVarints("a number is longer than five bytes");
    },
  };
}
