// Chooses the theme: three radio buttons, so arrow keys work and the choice is read out.
import { useState } from "react";
import { Icon, type IconName } from "../components/icons.tsx";
import { applyTheme, readTheme, THEMES, type Theme } from "./theme.ts";

const LOOKS: Record<Theme, { label: string; icon: IconName }> = {
  auto: { label: "As the system", icon: "auto" },
  light: { label: "Light", icon: "sun" },
  dark: { label: "Dark", icon: "moon" },
};

/** `name` keeps the groups apart where two are on the page. */
export function ThemeToggle({ name }: { name: string }) {
  const [theme, setTheme] = useState(readTheme);
  const choose = (next: Theme) => {
    applyTheme(next);
    setTheme(next);
  };
  return (
    <fieldset className="flex w-fit rounded-lg border border-deep-muted/30 p-0.5">
      <legend className="sr-only">Theme</legend>
      {THEMES.map((option) => (
        <label
          key={option}
          title={LOOKS[option].label}
          className="relative grid size-8 cursor-pointer place-items-center rounded-md text-deep-muted hover:text-deep-ink has-checked:bg-deep-hover has-checked:text-deep-ink has-focus-visible:outline-2 has-focus-visible:outline-foam"
        >
          <input
            type="radio"
            name={name}
            value={option}
            checked={theme === option}
            onChange={() => choose(option)}
            className="absolute inset-0 size-full cursor-pointer opacity-0"
          />
          <Icon name={LOOKS[option].icon} />
          <span className="sr-only">{LOOKS[option].label}</span>
        </label>
      ))}
    </fieldset>
  );
}
