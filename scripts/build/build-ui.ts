// Builds the dashboard with Vite.
import { existsSync } from "node:fs";
import { join } from "node:path";

export async function buildUi(root: string): Promise<void> {
  const configFile = join(root, "src/ui/vite.config.ts");
  if (!existsSync(configFile)) return;
  const { build } = await import("vite");
  await build({ configFile, logLevel: "warn" });
}
