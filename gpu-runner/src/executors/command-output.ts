// Collects what a command left in its output directory: result.json is the result, every other file an artifact.
import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { jsonValueProblem, MAX_JSON_VALUE_BYTES } from "../../../src/contract/text.ts";
import type { ProducedFile } from "./executor.ts";

export interface CommandOutput {
  result: unknown;
  files: ProducedFile[];
}

/** The output is not usable; the message says which file and why. */
export class BadOutput extends Error {}

const RESULT = "result.json";
const MAX_FILES = 1000;
const MAX_NAME_CHARACTERS = 255;

/** Call it when nothing writes to the directory any more. */
export async function collectOutput(directory: string): Promise<CommandOutput> {
  const root = await realpath(directory);
  const names = (await readdir(root, { recursive: true })).sort();
  const files: ProducedFile[] = [];
  let result: unknown = null;
  for (const name of names) {
    const path = join(root, name);
    const file = await realpath(path).catch(() => {
      throw new BadOutput(`The output '${name}' is a link to nothing.`);
    });
    // Also a file below a linked directory resolves outside, so no link can carry a secret out.
    if (!file.startsWith(root + sep))
      throw new BadOutput(`The output '${name}' is a link that leads out of the output directory; copy the file instead.`);
    const facts = await lstat(file);
    if (facts.isDirectory()) continue;
    if (!facts.isFile()) throw new BadOutput(`The output '${name}' is not a regular file.`);
    if (name === RESULT) {
      result = await readResult(file, facts.size);
      continue;
    }
    const artifact = name.split(sep).join("/");
    if (artifact.length > MAX_NAME_CHARACTERS)
      throw new BadOutput(`The output '${artifact.slice(0, 80)}…' has a name of more than ${MAX_NAME_CHARACTERS} characters.`);
    if (!artifact.isWellFormed()) throw new BadOutput("An output has a name that is not valid UTF-8.");
    files.push({ name: artifact, path: file, contentType: contentTypeOf(artifact) });
  }
  if (files.length > MAX_FILES)
    throw new BadOutput(`There are ${files.length} output files; at most ${MAX_FILES} can become artifacts. Pack them into one.`);
  return { result, files };
}

async function readResult(path: string, size: number): Promise<unknown> {
  if (size > MAX_JSON_VALUE_BYTES)
    throw new BadOutput(
      `result.json has ${size} bytes; at most ${MAX_JSON_VALUE_BYTES} are allowed. Write large results to files of their own: they become artifacts.`,
    );
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new BadOutput(`result.json is not valid JSON: ${(error as Error).message}`);
  }
  const problem = jsonValueProblem(value);
  if (problem) throw new BadOutput(`result.json ${problem}.`);
  return value;
}

const CONTENT_TYPES: Record<string, string> = {
  ".csv": "text/csv",
  ".gz": "application/gzip",
  ".html": "text/html",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".json": "application/json",
  ".log": "text/plain",
  ".md": "text/markdown",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".tar": "application/x-tar",
  ".txt": "text/plain",
  ".wav": "audio/wav",
  ".webp": "image/webp",
  ".zip": "application/zip",
};

function contentTypeOf(name: string): string {
  return CONTENT_TYPES[extname(name).toLowerCase()] ?? "application/octet-stream";
}
