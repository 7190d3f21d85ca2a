// The frame around every page: the rail (a bar at top and bottom on narrow screens), the live stream, the main landmark.
import { Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Announcer } from "../components/announcer.tsx";
import { Icon, Wheel } from "../components/icons.tsx";
import { useLiveStream } from "../live/live.ts";
import { LiveIndicator, Race } from "../live/live-indicator.tsx";
import { takeLoginFocus } from "../session/use-session.ts";
import { AccountCard } from "./account-card.tsx";
import { NavLinks } from "./nav-links.tsx";

export function Shell() {
  useLiveStream();
  const main = useFocusOnNavigation();
  return (
    <div className="min-h-dvh rail:grid rail:grid-cols-[14.5rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:start-3 focus:top-3 focus:z-50 focus:rounded-lg focus:bg-surface focus:px-4 focus:py-2"
      >
        Skip to content
      </a>
      <Rail />
      <TopBar />
      <main id="main" ref={main} tabIndex={-1} className="min-w-0 px-4 pt-6 pb-28 outline-none sm:px-6 rail:px-10 rail:pt-9 rail:pb-16">
        <div className="mx-auto max-w-6xl">
          <Outlet />
        </div>
      </main>
      <nav
        aria-label="Pages"
        className="fixed inset-x-0 bottom-0 z-20 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] rail:hidden"
      >
        <NavLinks look="tab" />
      </nav>
      <Announcer />
    </div>
  );
}

function Rail() {
  return (
    <header className="sticky top-0 hidden h-dvh flex-col bg-deep text-deep-ink rail:flex">
      <Brand className="px-5 pt-7 pb-8" />
      <nav aria-label="Pages" className="px-3">
        <NavLinks look="rail" />
      </nav>
      <div className="mt-auto grid gap-4 px-5 pb-3">
        <AccountCard name="rail" />
        <LiveIndicator />
      </div>
      <Race />
    </header>
  );
}

function TopBar() {
  return (
    <header className="sticky top-0 z-20 flex items-center gap-4 bg-deep px-4 py-2.5 text-deep-ink rail:hidden">
      <Brand />
      <div className="ms-auto">
        <LiveIndicator />
      </div>
      <button
        type="button"
        popoverTarget="account"
        aria-label="Account and theme"
        className="grid size-9 place-items-center rounded-lg hover:bg-deep-hover"
      >
        <Icon name="user" />
      </button>
      <div
        id="account"
        popover="auto"
        className="inset-auto end-3 top-14 m-0 rounded-xl border border-deep-muted/30 bg-deep p-4 text-deep-ink shadow-xl"
      >
        <AccountCard name="bar" />
      </div>
    </header>
  );
}

function Brand({ className = "" }: { className?: string }) {
  return (
    <p className={`flex items-center gap-2.5 text-xl font-semibold ${className}`}>
      <Wheel className="size-8" />
      Millrace
    </p>
  );
}

/** A new page starts at its top for screen readers and the Tab key, as a page load would. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  const shown = useRef(path);
  useEffect(() => {
    if (takeLoginFocus()) main.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    if (shown.current !== path) main.current?.focus({ preventScroll: true });
    shown.current = path;
  }, [path]);
  return main;
}
