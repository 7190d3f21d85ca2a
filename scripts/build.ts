// Builds what workerd serves: the Worker's bundle (dist/workerd) and the dashboard (dist/ui). `--force` builds although fresh.
import { buildIfStale } from "./build/build-if-stale.ts";

const started = performance.now();
const built = await buildIfStale({ isForced: process.argv.includes("--force") });
console.log(built.length > 0 ? `Built ${built.join(" and ")} in ${Math.round(performance.now() - started)} ms.` : "Everything is built.");
