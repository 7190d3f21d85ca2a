// Ways to break the engine on purpose: a test that cannot fail proves nothing, so each of these must be found out.
import { SQL, StringChunk } from "drizzle-orm";
import type { EnginePorts } from "../../src/core/context.ts";
import type { TestDatabase } from "../support/databases.ts";
import type { Sabotage } from "./world.ts";

/** Replaces texts in the statements that the engine sends; `wasUsed` says whether every one of them was there to replace. */
export function rewriteStatements(replacements: [pattern: string, replacement: string][]): { sabotage: Sabotage; wasUsed: () => boolean } {
  const used = new Set<string>();
  const replace = (text: string) =>
    replacements.reduce((rewritten, [pattern, replacement]) => {
      if (rewritten.includes(pattern)) used.add(pattern);
      return rewritten.replace(pattern, replacement);
    }, text);
  const rewrite = (query: SQL): SQL =>
    new SQL(
      query.queryChunks.map((chunk) => {
        if (chunk instanceof SQL) return rewrite(chunk);
        return chunk instanceof StringChunk ? new StringChunk(replace(chunk.value.join(""))) : chunk;
      }),
    );
  const sabotage = (ports: EnginePorts): EnginePorts => {
    const { db } = ports;
    const execute = (query: SQL) => db.execute(rewrite(query));
    return { ...ports, db: { execute } as unknown as EnginePorts["db"] };
  };
  return { sabotage, wasUsed: () => used.size === replacements.length };
}

/** Replaces text in one of the database's own functions. */
export async function rewriteFunction({ sql }: TestDatabase, name: string, [pattern, replacement]: [string, string]): Promise<void> {
  const [row] = await sql<{ definition: string }[]>`select pg_get_functiondef(${`millrace.${name}`}::regproc) as definition`;
  if (!row?.definition.includes(pattern)) throw new Error(`millrace.${name} does not contain "${pattern}".`);
  await sql.unsafe(row.definition.replace(pattern, replacement));
}

/** Publishes every event twice. */
export const publishTwice: Sabotage = (ports) => ({
  ...ports,
  bus: {
    ...ports.bus,
    async publish(drafts) {
      await ports.bus.publish(drafts);
      await ports.bus.publish(drafts);
    },
  },
});
