// A headless Chromium for the browser tests: the distribution's own, driven by playwright-core.
import { type Browser, chromium } from "playwright-core";
import { findOrInstall } from "./servers/find-program.ts";

// Nothing may phone home or keep state; a sandbox and a GPU are not to be had for root in a container.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The browser's path; installs Debian's package as root, else throws with what to install. */
export function findChromium(): string {
  return findOrInstall({ title: "Chromium", names: ["chromium", "chromium-browser", "google-chrome"], debianPackage: "chromium" });
}

/** A browser with a fresh profile, which Playwright makes and removes. Close it in `afterAll`. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: FLAGS, headless: true });
}
