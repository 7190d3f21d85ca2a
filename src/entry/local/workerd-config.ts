// Writes workerd's configuration for this machine: ops/workerd/millrace.capnp with our paths and network policy.
import { readFileSync } from "node:fs";
import { deniedBeside } from "./networks.ts";

const TEMPLATE = new URL("../../../ops/workerd/millrace.capnp", import.meta.url);

/** `workerPath` is relative to where the configuration is written; `httpAllow` are CIDRs or `private`, beyond every public address. */
export function workerdConfig({ workerPath, httpAllow }: { workerPath: string; httpAllow: readonly string[] }): string {
  const template = readFileSync(TEMPLATE, "utf8");
  const denied = [...(/deny = \[([^\]]*)\]/.exec(template)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map((match) => match[1] as string);
  const list = (entries: readonly string[]) => `[${entries.map(quote).join(", ")}]`;
  const replacements: [RegExp, string][] = [
    [/embed "[^"]+"/, `embed ${quote(workerPath)}`],
    [/allow = \["public"\]/, `allow = ${list(["public", ...httpAllow])}`],
    [/deny = \[[^\]]*\]/, `deny = ${list(deniedBeside(httpAllow, denied))}`],
  ];
  return replacements.reduce((text, [pattern, replacement]) => {
    if (!pattern.test(text)) throw new Error(`ops/workerd/millrace.capnp has no ${pattern}`);
    return text.replace(pattern, () => replacement);
  }, template);
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
