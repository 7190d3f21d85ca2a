// Reads the migrations' SQL from the source tree, for Node entries, scripts and tests.
import { readdirSync, readFileSync } from "node:fs";
import type { Migration } from "../db/migrate.ts";

const directory = new URL("../db/migrations/", import.meta.url);

/** All migrations, by name. */
export function loadMigrations(): Migration[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => ({ name: file.replace(/\.sql$/, ""), sql: readFileSync(new URL(file, directory), "utf8") }));
}
