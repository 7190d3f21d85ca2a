// The chosen theme: the system's until somebody says otherwise. Kept per browser.

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORAGE_KEY = "millrace-theme";

export function readTheme(): Theme {
  const stored = storage()?.getItem(STORAGE_KEY);
  return THEMES.find((theme) => theme === stored) ?? "auto";
}

export function applyTheme(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  storage()?.setItem(STORAGE_KEY, theme);
}

// Storage may be switched off; then the choice lasts as long as the page.
function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
