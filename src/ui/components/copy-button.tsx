// Copies a text and says that it did.
import { useEffect, useState } from "react";
import { announce } from "./announcer.tsx";
import { Icon } from "./icons.tsx";

const CONFIRM_MS = 1600;

/** With `children` a button with words, without a small icon named `label`. */
export function CopyButton({ text, label, children }: { text: string | (() => string); label: string; children?: string }) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");

  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), CONFIRM_MS);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async () => {
    const isCopied = await writeClipboard(typeof text === "string" ? text : text());
    setState(isCopied ? "copied" : "refused");
    announce(isCopied ? "Copied" : "The browser refused to copy");
  };

  const icon = <Icon name={state === "copied" ? "check" : state === "refused" ? "close" : "copy"} />;
  if (children === undefined) {
    return (
      <button
        type="button"
        onClick={copy}
        aria-label={label}
        title={label}
        className="grid size-7 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-ink"
      >
        {icon}
      </button>
    );
  }
  return (
    <button type="button" onClick={copy} className="button button-small">
      {icon}
      {state === "copied" ? "Copied" : children}
    </button>
  );
}

// The clipboard interface exists on https and localhost only; a dashboard in a plain-http network still copies the old way.
async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    const host = document.querySelector("dialog[open]") ?? document.body;
    const focused = document.activeElement;
    host.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return isCopied;
  }
}
