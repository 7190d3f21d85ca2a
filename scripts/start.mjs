// `npm start`: installs on the first run, then starts Millrace with whatever arguments were given.
import { main } from "./install/main.mjs";
import { runNode } from "./install/run-node.mjs";

await main(() => runNode(["src/entry/local.ts", ...process.argv.slice(2)]));
