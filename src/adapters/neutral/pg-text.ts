// Values as Postgres' text format and back. Parameters all travel as text of unknown type, so that the statement's own
// casts decide what they are; the driver's guesses (a boolean[] sent as boolean, NULL read as "NULL") never apply.

/** Object identifiers of the types we read as something else than text (pg_type.dat). */
const OID = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, json: 114, float4: 700, float8: 701, jsonb: 3802 } as const;
const ARRAY_OID = {
  bool: 1000,
  int2: 1005,
  int4: 1007,
  text: 1009,
  varchar: 1015,
  int8: 1016,
  float4: 1021,
  float8: 1022,
  timestamptz: 1185,
  uuid: 2951,
  jsonb: 3807,
} as const;

type Parser = (text: string) => unknown;

const ELEMENT_PARSERS: Record<keyof typeof ARRAY_OID, Parser> = {
  bool: (text) => text === "t",
  int2: Number,
  int4: Number,
  int8: parseInt8,
  float4: Number,
  float8: Number,
  text: String,
  varchar: String,
  uuid: String,
  timestamptz: String,
  jsonb: JSON.parse,
};

/** Parsers by type: bigints are numbers while exact, json is parsed; timestamps and numerics stay text, which loses nothing. */
export const PARSERS: Record<number, Parser> = {
  [OID.bool]: ELEMENT_PARSERS.bool,
  [OID.bytea]: (text) => Uint8Array.from(text.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
  [OID.int8]: parseInt8,
  [OID.int2]: Number,
  [OID.int4]: Number,
  [OID.float4]: Number,
  [OID.float8]: Number,
  [OID.json]: JSON.parse,
  [OID.jsonb]: JSON.parse,
  ...Object.fromEntries(
    Object.entries(ARRAY_OID).map(([name, oid]) => [
      oid,
      (text: string) => parseArray(text, ELEMENT_PARSERS[name as keyof typeof ARRAY_OID]),
    ]),
  ),
};

/** One parameter as text. Strings go as they are, so a JSON string must come as JSON text; arrays become array literals. */
export function toText(value: unknown): string | null | undefined {
  if (value === null || value === undefined || typeof value === "string") return value;
  if (typeof value === "object") {
    if (value instanceof Date) return value.toISOString();
    if (value instanceof Uint8Array) return `\\x${Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    if (Array.isArray(value)) return toArrayLiteral(value);
    return JSON.stringify(value);
  }
  return String(value);
}

function toArrayLiteral(values: readonly unknown[]): string {
  const items = values.map((value) => {
    if (Array.isArray(value)) return toArrayLiteral(value);
    const text = toText(value);
    return text === null || text === undefined ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${items.join(",")}}`;
}

function parseInt8(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** An array literal, of any depth. Unquoted NULL is null. */
export function parseArray(text: string, parse: Parser): unknown[] {
  // Bounds that do not start at 1 come first: "[0:1]={a,b}".
  let at = text.indexOf("{");
  const array = (): unknown[] => {
    const items: unknown[] = [];
    at++;
    while (at < text.length && text[at] !== "}") {
      if (text[at] === ",") at++;
      else if (text[at] === "{") items.push(array());
      else items.push(text[at] === '"' ? parse(quoted()) : plain());
    }
    at++;
    return items;
  };
  const quoted = (): string => {
    let out = "";
    for (at++; text[at] !== '"'; at++) out += text[at] === "\\" ? text[++at] : text[at];
    at++;
    return out;
  };
  const plain = (): unknown => {
    const start = at;
    while (at < text.length && text[at] !== "," && text[at] !== "}") at++;
    const item = text.slice(start, at);
    return item === "NULL" ? null : parse(item);
  };
  return array();
}
