// `node scripts/with-install.mjs script.ts [arguments]`: any script of ours, after the install it needs.
import { main } from "./install/main.mjs";
import { runNode } from "./install/run-node.mjs";

await main(() => runNode(process.argv.slice(2)));
