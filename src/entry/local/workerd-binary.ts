// Finds workerd for this machine.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The native binary itself: the package's launcher would be one more process in between. */
export function workerdBinary(): string {
  const require = createRequire(import.meta.url);
  const platformPackage = `@cloudflare/workerd-${process.platform === "win32" ? "windows" : process.platform}-${process.arch === "x64" ? "64" : process.arch}`;
  const fromWorkerd = createRequire(require.resolve("workerd"));
  return join(
    dirname(fromWorkerd.resolve(`${platformPackage}/package.json`)),
    "bin",
    process.platform === "win32" ? "workerd.exe" : "workerd",
  );
}
