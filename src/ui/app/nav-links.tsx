// The links to the pages, as the rail and the tab bar show them.
import { Link } from "@tanstack/react-router";
import { Icon, type IconName } from "../components/icons.tsx";

const PAGES = [
  { to: "/jobs", label: "Jobs", icon: "jobs" },
  { to: "/queues", label: "Queues", icon: "queues" },
  { to: "/runners", label: "Runners", icon: "runners" },
  { to: "/train", label: "Train", icon: "train" },
  { to: "/generate", label: "Generate", icon: "generate" },
] as const satisfies { to: string; label: string; icon: IconName }[];

const LOOKS = {
  rail: {
    list: "grid gap-0.5",
    link: "flex items-center gap-3 rounded-lg px-3 py-2 text-deep-muted hover:bg-deep-hover hover:text-deep-ink focus-visible:outline-foam aria-[current=page]:bg-deep-hover aria-[current=page]:font-semibold aria-[current=page]:text-deep-ink",
  },
  tab: {
    list: "grid grid-cols-5",
    link: "grid justify-items-center gap-1 border-t-2 border-transparent px-1 py-2 text-xs text-muted -outline-offset-2 aria-[current=page]:border-water aria-[current=page]:font-semibold aria-[current=page]:text-water",
  },
};

export function NavLinks({ look }: { look: keyof typeof LOOKS }) {
  return (
    <ul className={LOOKS[look].list}>
      {PAGES.map(({ to, label, icon }) => (
        <li key={to}>
          <Link to={to} activeOptions={{ includeSearch: false }} className={LOOKS[look].link}>
            <Icon name={icon} className="size-4.5" />
            {label}
          </Link>
        </li>
      ))}
    </ul>
  );
}
