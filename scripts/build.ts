// Builds what workerd serves: the Worker's bundle (dist/workerd) and the dashboard (dist/ui). `--force` builds although fresh;
// `--container` adds what the container image runs on Node (dist/container).
import { buildIfStale, ROOT } from "./build/build-if-stale.ts";

const started = performance.now();
const built = await buildIfStale({ isForced: process.argv.includes("--force") });
console.log(built.length > 0 ? `Built ${built.join(" and ")} in ${Math.round(performance.now() - started)} ms.` : "Everything is built.");

if (process.argv.includes("--container")) {
  const { buildContainer } = await import("./build/bundles.ts");
  await buildContainer(ROOT);
  console.log("Built the container's entry.");
}
